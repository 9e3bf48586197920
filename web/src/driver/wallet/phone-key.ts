import { heldKey, type HeldKey } from '@roamgrid/offline/web';
import { offlineConsentInput } from '../../shared/consent.ts';
import { base64UrlOf, bytesOfBase64Url, textHash, utf8 } from '../../shared/hash.ts';
import type { Ask } from '../sign-in.ts';
import { askHome } from './calls.ts';
import type { KeptKey, WalletStore } from './store.ts';

/** The key of this phone, which home names in tokens: made here, and it cannot leave. */

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** The key that was made here for a customer, or a new one. */
export const phoneKey = async (store: WalletStore, owner: string): Promise<KeptKey> => {
  const known = await store.find('keys', owner);
  if (known !== undefined) return known;
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const made = { owner, phoneId: `phone-${crypto.randomUUID()}`, pair };
  await store.keep('keys', made);
  return made;
};

export const holderOf = ({ pair, phoneId }: KeptKey): Promise<HeldKey> => heldKey(pair, utf8(phoneId));

/** Tells home of this phone. Told again it changes nothing. @param label what it is called until its driver says otherwise */
export const registerPhone = async (ask: Ask, kept: KeptKey, label: string): Promise<void> => {
  const { key } = await holderOf(kept);
  const { phoneId } = kept;
  const jwk = { kty: 'EC', crv: 'P-256', x: base64UrlOf(key.x), y: base64UrlOf(key.y), kid: phoneId };
  await askHome(ask, `/driver/v1/offline/phones/${phoneId}`, 'PUT', { key: jwk, label });
};

/** The channel that a signed price names. */
const channelOf = (signedQuote: string): string => {
  const payload = new TextDecoder().decode(bytesOfBase64Url(signedQuote.split('.')[1] ?? ''));
  return (JSON.parse(payload) as { channel: string }).channel;
};

/** The account's holder agrees to a price that he was shown, up to so much money. */
export const consentTo = async (
  kept: KeptKey,
  signedQuote: string,
  costMicros: bigint,
  nowMs: number,
): Promise<string> => {
  const said = {
    channel: channelOf(signedQuote),
    quoteHash: await textHash(signedQuote),
    costMicros: costMicros.toString(),
    consentedAtMs: nowMs,
  };
  const input = offlineConsentInput(said, kept.phoneId);
  const { signer } = await holderOf(kept);
  return `${input}.${base64UrlOf(await signer.sign(utf8(input)))}`;
};
