import { randomBytes } from 'node:crypto';
import { issueChargeToken, QUOTE_HASH_BYTES, TOKEN_ID_BYTES, type PublicKey } from '@roamgrid/offline';
import {
  DOCUMENT_TYPE,
  offlineLeave,
  signDocument,
  type PublicJwk,
  type Signer,
  type StandingQuote,
} from '@roamgrid/wire';
import type { OfflineCard } from './card.ts';
import { hashOf } from './consent.ts';
import type { TokenIssuer } from './own-key.ts';

/** What a token is made of. */
export interface Agreed {
  readonly quote: StandingQuote;
  readonly card: OfflineCard;
  readonly phoneKey: PublicJwk;
  readonly costMicros: bigint;
  readonly nowMs: number;
}

export interface Issued {
  /** In hex. */
  readonly tokenId: string;
  /** In base64url. */
  readonly token: string;
  readonly signedLeave: string;
}

const MS_PER_S = 1_000;

/** The phone's key with y by its sign, as there is little room in a token. */
const holderOf = ({ x, y }: PublicJwk): PublicKey => ({
  x: new Uint8Array(Buffer.from(x, 'base64url')),
  y: ((Buffer.from(y, 'base64url').at(-1) ?? 0) & 1) === 1,
});

/**
 * Signs what was agreed to: the leave, by which the ledger's contract judges a session that comes of it, and the token, which names the leave by its
 * hash and is all that a charger needs.
 */
export const issue = async (
  { quote, card, phoneKey, costMicros, nowMs }: Agreed,
  issuer: TokenIssuer,
  signer: Signer,
): Promise<Issued> => {
  const id = randomBytes(TOKEN_ID_BYTES);
  const tokenId = id.toString('hex');
  const { hun, vun, channel, agreementId, audience, fromMs, untilMs, energyWh, sessions, currency } = quote;
  const signedLeave = await signDocument(
    offlineLeave,
    DOCUMENT_TYPE.offlineLeave,
    {
      ...{ iss: hun, aud: vun, channel, profileId: tokenId, laneId: quote.laneId, cinRef: quote.cinRef },
      ...{ service: 'charging', loyalty: quote.loyalty, customerClass: card.customerClass },
      ...{ paymentMethod: card.paymentMethod, adjustmentPpm: quote.adjustmentPpm, currency },
      ...{ perSessionMicros: costMicros, exposureMicros: costMicros, maxSessions: sessions },
      ...{ validFromMs: fromMs, validUntilMs: untilMs, agreementId },
      ...{ tariffId: quote.tariffId, tariffVersion: quote.tariffVersion },
      ...{ zoneOffsets: quote.zoneOffsets, energyWh },
    },
    signer,
  );
  const { microsPerKWh, microsPerHour, microsPerSession } = quote;
  const token = await issueChargeToken(
    {
      tokenId: new Uint8Array(id),
      issuer: hun,
      audience,
      issuedAtS: Math.floor(nowMs / MS_PER_S),
      notBeforeS: fromMs / MS_PER_S,
      expiresS: untilMs / MS_PER_S,
      holder: holderOf(phoneKey),
      limits: { energyWh, costMicros, sessions },
      price: {
        quoteHash: new Uint8Array(hashOf(signedLeave).subarray(0, QUOTE_HASH_BYTES)),
        ...{ currency, microsPerKWh, microsPerHour, microsPerSession },
      },
      revocationEpoch: issuer.epoch,
    },
    issuer.signer,
  );
  return { tokenId, token: Buffer.from(token).toString('base64url'), signedLeave };
};
