import { believeToken, keyIdOf, startProof, type ChargeToken, type IssuerKey } from '@roamgrid/offline';
import { WEB_SUITE } from '@roamgrid/offline/web';
import { bytesOfBase64Url } from '../shared/hash.ts';
import { CLOCK_SKEW_MS } from '../shared/signature.ts';
import type { OpenBody, Station, Utility } from './api.ts';
import { attempt, check, short, type Check } from './check.ts';

/** What stands in the place of a consent where a session began at a charger without network: the holder of home's token signed for the start. */

type Offline = NonNullable<OpenBody['offline']>;

const MS_PER_S = 1_000;
const CLAIM =
  'The holder of a token of the home utility asked for exactly this, and the quote is what the token comes to';

/** Keys by which a utility signs tokens, each for as long as it counts, in the whole seconds of tokens, with allowance for its clock. */
const tokenKeys = ({ utilityId, offlineKeys = [] }: Utility): Promise<readonly IssuerKey[]> =>
  Promise.all(
    offlineKeys
      .filter(({ use }) => use === 'tokens')
      .map(async ({ x, y, fromMs, untilMs = Infinity }) => {
        const key = { x: bytesOfBase64Url(x), y: bytesOfBase64Url(y) };
        const fromS = Math.floor((fromMs - CLOCK_SKEW_MS) / MS_PER_S);
        const untilS = Math.floor((untilMs + CLOCK_SKEW_MS) / MS_PER_S) + 1;
        return { utilityId, kid: await keyIdOf(key, WEB_SUITE), key, fromS, untilS, revocationEpoch: 0 };
      }),
  );

const isFor = ({ audience }: ChargeToken, evseId: string, placeId: string | undefined): boolean =>
  audience.kind === 'outlet' ? audience.evseId === evseId : audience.groupId === placeId;

/** That the quote, which nobody signed, says no more than the token and what its holder asked for. */
const isQuoteOf = (
  { quote, openedAtMs }: OpenBody,
  { askedWh }: Offline,
  { issuer, notBeforeS, expiresS, limits, price }: ChargeToken,
): boolean =>
  issuer === quote.hun &&
  price.currency === quote.currency &&
  BigInt(quote.requestedEnergyWh) === BigInt(askedWh) &&
  BigInt(quote.capMicros) === limits.costMicros &&
  BigInt(askedWh) <= limits.energyWh &&
  notBeforeS * MS_PER_S <= openedAtMs &&
  openedAtMs < expiresS * MS_PER_S;

/** @param home the home utility's registration; without it nobody's token is believed */
export const holderAsked = async (
  open: OpenBody,
  offline: Offline,
  home: Utility | undefined,
  station: Station | undefined,
): Promise<Check> => {
  const { consent, quote } = open;
  const [bytes, transcript] = [bytesOfBase64Url(offline.token), bytesOfBase64Url(offline.transcript)];
  const issuers = home === undefined ? [] : await tokenKeys(home);
  const token = await attempt(() => believeToken(bytes, { version: 0, madeAtS: 0, issuers }, WEB_SUITE));
  if (token?.ok !== true)
    return check('consent', CLAIM, false, 'no key of the home utility signed the token when it was issued');
  const asked = { token: bytes, transcript, askedWh: BigInt(offline.askedWh) };
  const signature = bytesOfBase64Url(consent.signature);
  const isHolders =
    (await attempt(async () =>
      WEB_SUITE.verify(token.value.holder, await startProof(asked, WEB_SUITE), signature),
    )) === true;
  const good =
    isHolders &&
    consent.kid === 'holder' &&
    consent.method === 'app' &&
    consent.consentedAtMs === open.openedAtMs &&
    isFor(token.value, quote.evseId, station?.placeId) &&
    isQuoteOf(open, offline, token.value);
  const id = Array.from(token.value.tokenId, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return check(
    'consent',
    CLAIM,
    good,
    `token ${short(id)} of ${token.value.issuer}, ${offline.askedWh} Wh, ${isHolders ? 'signed by its holder' : 'not signed by its holder'}; all of it, with the token’s leave and price, is proven by the audit bundle`,
  );
};
