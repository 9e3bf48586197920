import canonicalize from 'canonicalize';
import type { authorisation, chargeOffer, visitorProfile } from '@roamgrid/wire';
import type { z } from 'zod';
import type { Evidence, OpenBody, Station, Utility } from './api.ts';
import { attempt, check, NOT_A_PARTY, short, type Check } from './check.ts';
import { consentInput, driverConsentInput, type ConsentGround } from '../shared/consent.ts';
import { textHash } from '../shared/hash.ts';
import { rootOf } from './merkle.ts';
import { numbersOf } from './numbers.ts';
import { holderAsked } from './offline-consent.ts';
import { inputVerifies, keysAbout, keysAt, openJws } from '../shared/signature.ts';

type Yes = z.input<typeof authorisation>;
type Profile = z.input<typeof visitorProfile>;

/** The session's place among the numbers that its lane's opening names. */
const placeOf = ({ record, opening }: Evidence): number =>
  numbersOf(opening.first, opening.bits).indexOf(record.number);

function numbered(evidence: Evidence): Check {
  const { record, opening } = evidence;
  const numbers = numbersOf(opening.first, opening.bits);
  return check(
    'number-opened',
    'Its number is one of its lane’s opening',
    record.sessionId === `${opening.laneId}-${record.number}` &&
      record.laneId === opening.laneId &&
      record.slot === opening.slot &&
      record.openedAtMs === opening.atMs &&
      numbers.length === opening.count &&
      numbers.includes(record.number),
    `number ${record.number}, opening ${opening.slot} of ${opening.laneId}: ${opening.count} from ${opening.first} on`,
  );
}

const WHY_ABSENT = {
  'not-a-party': NOT_A_PARTY,
  'bodies-missing': 'This gateway has not yet the bodies of all sessions of the opening.',
  'root-differs': 'The bodies that this gateway has do not make the root on the ledger.',
} as const;

async function committedTo(evidence: Evidence): Promise<Check> {
  const { opening, openingProof, openBody } = evidence;
  const claim = 'The open body is the leaf of this number in the opening (Merkle proof)';
  if (openingProof.state === 'absent' || openBody === undefined) {
    const reason = openingProof.state === 'absent' ? openingProof.reason : 'not-a-party';
    return check('opening', claim, reason === 'root-differs' ? false : undefined, WHY_ABSENT[reason]);
  }
  const { proof } = openingProof;
  const leaf = await textHash(openBody);
  const root = await attempt(() => rootOf(leaf, proof));
  const placed = proof.slot === opening.slot && proof.size === opening.count;
  return check(
    'opening',
    claim,
    root === opening.root && placed && proof.index === placeOf(evidence),
    `body ${short(leaf)}, leaf ${proof.index + 1} of ${proof.size}, leads to ${short(root)}, root on the ledger ${short(opening.root)}`,
  );
}

/** The opening on the ledger, from public records, and the way to it where the body can be seen. */
export const openingChecks = async (evidence: Evidence): Promise<readonly Check[]> => [
  numbered(evidence),
  await committedTo(evidence),
];

/** The home utility's signature, by a key that was its own when it says that it signed. */
function leaveOf({ authorisedBy, evidence, offline }: OpenBody, home: Utility | undefined) {
  const keys = home?.signingKeys ?? [];
  const typ = offline === undefined ? 'roamgrid-profile+jwt' : 'roamgrid-offline-leave+jwt';
  return attempt<Yes | Profile | undefined>(() =>
    authorisedBy === 'home'
      ? openJws<Yes>(evidence, 'roamgrid-authorisation+jwt', (yes) => keysAbout(keys, yes.issuedAtMs))
      : openJws<Profile>(evidence, typ, (kept) => keysAbout(keys, kept.validFromMs)),
  );
}

/** The hash of the offer that home saw, from the quote and what the quote leaves out. */
async function offerHashOf(
  { sessionId, offer, quote }: OpenBody,
  service: z.input<typeof chargeOffer>['service'],
): Promise<string | undefined> {
  if (offer === undefined) return undefined;
  const whole: z.input<typeof chargeOffer> = {
    channel: quote.channel,
    sessionId,
    vun: quote.vun,
    agreementId: quote.agreementId,
    stationId: quote.stationId,
    evseId: quote.evseId,
    service,
    tariffId: quote.tariffId,
    tariffVersion: quote.tariffVersion,
    currency: quote.currency,
    ...offer,
  };
  return textHash(canonicalize(whole) ?? '');
}

async function authorised(open: OpenBody, record: Evidence['record'], leave: Yes | Profile | undefined) {
  const { cinRef, openedAtMs, quote } = open;
  const good =
    leave?.iss === record.hun &&
    leave.aud === record.vun &&
    leave.channel === quote.channel &&
    leave.cinRef === cinRef &&
    leave.adjustmentPpm === quote.adjustmentPpm &&
    openedAtMs <= leave.validUntilMs &&
    ('offerHash' in leave
      ? leave.sessionId === record.sessionId && leave.offerHash === (await offerHashOf(open, leave.service))
      : leave.laneId === record.laneId && leave.validFromMs <= openedAtMs);
  return check(
    'authorised',
    'The home utility authorised the customer, for this offer',
    good,
    `${open.authorisedBy === 'home' ? 'authorisation' : 'kept profile'} for ${leave?.aud ?? '?'}, signed by ${leave?.iss ?? 'nobody known'}`,
  );
}

function limited({ quote }: OpenBody, leave: Yes | Profile | undefined): Check {
  const limit = leave && ('limitMicros' in leave ? leave.limitMicros : leave.perSessionMicros);
  return check(
    'limit',
    'The consented cap is not above what the home utility signed',
    limit !== undefined && BigInt(quote.capMicros) <= BigInt(limit),
    `cap ${quote.capMicros}, signed ${limit ?? 'nothing'} micros`,
  );
}

/** What every consent to the session's quote names. */
export const groundOf = async ({ sessionId, quote }: OpenBody): Promise<ConsentGround> => ({
  channel: quote.channel,
  sessionId,
  quoteHash: await textHash(canonicalize(quote) ?? ''),
});

const CONSENTED = 'The driver consented to exactly this quote';

async function consented(
  open: OpenBody,
  ground: ConsentGround,
  station: Station | undefined,
): Promise<Check> {
  const { consent, quote } = open;
  const key = keysAt(station?.signingKeys ?? [], consent.consentedAtMs).find(
    ({ kid }) => kid === consent.kid,
  );
  const input = consentInput(ground, consent, quote.stationId);
  const good =
    key !== undefined &&
    (await attempt(() => inputVerifies(input, consent.signature, key))) === true &&
    quote.sessionId === open.sessionId &&
    quote.issuedAtMs <= consent.consentedAtMs &&
    consent.consentedAtMs <= Math.min(quote.validUntilMs, open.openedAtMs);
  return check(
    'consent',
    CONSENTED,
    good,
    `quote ${short(ground.quoteHash)}, consent at the ${consent.method} signed by ${key ? `key ${key.kid} of ${quote.stationId}` : 'no key that the station had then'}`,
  );
}

async function deviceConsented(
  { driverConsent, quote }: OpenBody,
  ground: ConsentGround,
  leave: Yes | Profile | undefined,
): Promise<readonly Check[]> {
  const { driverKey: device, driverConsentAboveMicros: above } = leave ?? {};
  const needed = above !== undefined && BigInt(quote.capMicros) > BigInt(above);
  if (driverConsent === undefined && !needed) return [];
  const good =
    driverConsent !== undefined &&
    device !== undefined &&
    (await attempt(() =>
      inputVerifies(driverConsentInput(ground, driverConsent, device.kid), driverConsent.signature, device),
    )) === true;
  const who = device ? `key ${device.kid}, bound by the home utility` : 'the home utility bound no device';
  return [check('driver-consent', 'The driver’s own device consented to exactly this quote', good, who)];
}

/** Everything that was signed for the session to open. */
export async function signedChecks(
  open: OpenBody,
  record: Evidence['record'],
  stations: readonly Station[],
  utilities: readonly Utility[],
): Promise<readonly Check[]> {
  const home = utilities.find(({ utilityId }) => utilityId === record.hun);
  const station = stations.find(({ stationId }) => stationId === open.quote.stationId);
  const leave = await leaveOf(open, home);
  const ground = await groundOf(open);
  return [
    await authorised(open, record, leave),
    limited(open, leave),
    open.offline === undefined
      ? await consented(open, ground, station)
      : await holderAsked(open, open.offline, home, station),
    ...(await deviceConsented(open, ground, leave)),
  ];
}
