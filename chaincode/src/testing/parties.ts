import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  agreementTerms,
  publicJwk,
  sealBody,
  type AgreementTerms,
  type BookingTerms,
  type JsonValue,
  type PublicJwk,
  type Role,
} from '@roamgrid/wire';
import type { Call, TestCaller } from './memory-ledger.ts';

/** Named utilities, a station and an agreement to test with, built as services build them. */

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
}

export const makeKey = (kid: string): TestKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, jwk: publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid }) };
};

/** 32 bytes that a service would draw at random; from a label here, so that tests repeat. */
export const saltOf = (label: string): string => createHash('sha256').update(label).digest('hex');

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
/** The full hour of the run: the same calls serve the real ledger, whose clock nobody can set. */
export const NOW_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

/** The month that runs at a moment, in which what was owed then is netted. */
export const monthAt = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7);
export const MONTH = monthAt(NOW_MS);
/** Another period that runs now. */
export const TODAY = new Date(NOW_MS).toISOString().slice(0, 10);

export const KEYS = {
  USALP: makeKey('alp-1'),
  USDUK: makeKey('duk-1'),
  USGPC: makeKey('gpc-1'),
  station: makeKey('duk-station-1'),
  meter: makeKey('duk-meter-1'),
  stranger: makeKey('alp-1'),
  /** Signs tokens for where nobody hears of anything. */
  tokens: makeKey('alp-tokens-1'),
};

export type Utility = 'USALP' | 'USDUK' | 'USGPC';

export const MSP: Readonly<Record<Utility, string>> = {
  USALP: 'AlabamaPowerMSP',
  USDUK: 'DukeEnergyMSP',
  USGPC: 'GeorgiaPowerMSP',
};

export const by = (utility: Utility, role: Role | undefined): TestCaller => ({ mspId: MSP[utility], role });

/** Channel of the tests' ledgers. */
export const CHANNEL = 'roaming';
/** How long a party may be silent about a dispute under the agreement, which says nothing of it: a settlement period. */
export const SILENT_MS = 31 * DAY_MS;
/** How long home may contest what it accepted under the agreement: three settlement periods. */
export const CONTEST_MS = 93 * DAY_MS;
/** How long the agreement stays in force after a party ended it. */
export const END_NOTICE_MS = 7 * DAY_MS;
export const AGREEMENT_ID = 'alp-duk-2026';
export const STATION_ID = 'duk-1';
export const EVSE_ID = 'US*DUK*E0001*1';
export const METER_ID = 'DUK-M-0001';
export const TARIFF_ID = 'USDUK-tou';

export const utilityOf = (utility: Utility): Record<string, JsonValue> => ({
  utilityId: utility,
  name: utility,
  oidcIssuer: `https://aaa.${utility.toLowerCase()}.example`,
  aaaUrl: `https://aaa.${utility.toLowerCase()}.example/roaming`,
  signingKeys: [{ ...KEYS[utility].jwk }],
  validUntilMs: NOW_MS + 365 * DAY_MS,
});

export const station = (): Record<string, JsonValue> => ({
  stationId: STATION_ID,
  utilityId: 'USDUK',
  group: 'g0',
  name: 'Charlotte 1',
  address: '1 Main Street, Charlotte NC',
  countryCode: 'US',
  timeZone: 'America/New_York',
  evses: [{ evseId: EVSE_ID, meterId: METER_ID, meterKey: { ...KEYS.meter.jwk }, maxPowerW: '150000' }],
  signingKey: { ...KEYS.station.jwk },
  infrastructureProvider: 'charlotte-chargers',
  status: 'active',
});

/** What the ledger holds of {@link utilityOf} after its first registration. */
export const utilityRecordOf = (utility: Utility): Record<string, JsonValue> => ({
  type: 'utility',
  version: 1,
  mspId: MSP[utility],
  ...utilityOf(utility),
  signingKeys: [{ ...KEYS[utility].jwk, fromMs: NOW_MS }],
  status: 'active',
  statusFromMs: NOW_MS,
  statusVersion: 1,
});

/** Booking terms of the tests: higher levels pay less, and book further ahead. */
export const BOOKING: BookingTerms = {
  feeMicros: { none: 2_000_000n, gold: 1_500_000n, diamond: 1_000_000n, platinum: 0n },
  noShowMicros: { none: 6_000_000n, gold: 5_000_000n, diamond: 4_000_000n, platinum: 3_000_000n },
  horizonMs: { none: 6 * HOUR_MS, gold: 48 * HOUR_MS, diamond: 96 * HOUR_MS, platinum: 240 * HOUR_MS },
  freeCancelMs: HOUR_MS,
  holdMs: HOUR_MS / 4,
  contestMs: DAY_MS,
};

/** What a site's utility pays for a kWh of a car: 0.15. */
export const GIVEN_PRICE_MICROS = 150_000n;

/** What houses are paid: 0.20 for less, 0.25 for energy in an event, 0.10 beside them; meters' days begin at midnight of New York's winter. */
export const FLEXIBILITY = {
  reductionMicrosPerKWh: 200_000n,
  v2gMicrosPerKWh: 250_000n,
  exportMicrosPerKWh: 100_000n,
  method: 'ten-in-ten',
  adjustmentCapPpm: 200_000n,
  dayOffsetMinutes: -300,
  holidays: [],
} satisfies AgreementTerms['flexibility'];

export const termsOf = (over: Partial<AgreementTerms> = {}): AgreementTerms => ({
  agreementId: AGREEMENT_ID,
  parties: ['USALP', 'USDUK'],
  currency: 'USD',
  floorMicrosPerKWh: 100_000n,
  ceilingMicrosPerKWh: 600_000n,
  maxStepMicrosPerKWh: 100_000n,
  noticeMs: DAY_MS,
  shares: { hun: 50_000n, vun: 750_000n, infrastructure: 180_000n, driver: 20_000n },
  adjustment: {
    none: { minPpm: -50_000n, maxPpm: 50_000n },
    gold: { minPpm: -100_000n, maxPpm: 0n },
    diamond: { minPpm: -150_000n, maxPpm: 0n },
    platinum: { minPpm: -200_000n, maxPpm: 0n },
  },
  maxSessionMicros: 200_000_000n,
  exposureLimitMicros: 100_000_000n,
  profileLifetimeMs: 7 * DAY_MS,
  cdrBoundMs: 30 * DAY_MS,
  expiryGraceMs: 7 * DAY_MS,
  revocationGraceMs: 60_000,
  homeSilent: 'charge',
  retentionMs: 365 * DAY_MS,
  settlementPeriod: 'month',
  givenMicrosPerKWh: GIVEN_PRICE_MICROS,
  booking: BOOKING,
  flexibility: FLEXIBILITY,
  salt: saltOf('terms'),
  ...over,
});

export const sealedTerms = (terms: AgreementTerms = termsOf()) => sealBody(agreementTerms, terms);

/** Canonical OCPI tariff: one price a kWh, one an hour parked, 7 % tax. */
export const tariffJson = (energyPrice = 0.3): string =>
  `{"country_code":"US","currency":"USD","elements":[{"price_components":[{"price":${energyPrice},"step_size":1,"type":"ENERGY","vat":7},{"price":2,"step_size":60,"type":"PARKING_TIME","vat":7}]}],"id":"USDUK-tou","last_updated":"2026-01-01T00:00:00Z","party_id":"DUK"}`;

let counter = 0;
/** A fresh idempotency key. */
export const freshId = (prefix = 'cmd'): string => {
  counter += 1;
  return `${prefix}-${counter}`;
};

type CallParts = Pick<Call, 'caller' | 'verb'> & {
  readonly command: Record<string, JsonValue>;
  readonly transient?: Readonly<Record<string, string>>;
  readonly nowMs?: number;
};

/** A call with a fresh command id at the usual time, both replaceable. */
export const call = ({ caller, verb, command, transient, nowMs = NOW_MS }: CallParts): Call => ({
  caller,
  verb,
  command: { commandId: freshId(), ...command },
  nowMs,
  ...(transient && { transient }),
});

export const proposal = (over: Record<string, JsonValue> = {}, terms = termsOf()): CallParts => ({
  caller: by('USALP', 'operator'),
  verb: 'consortium.proposeAgreement',
  command: {
    agreementId: AGREEMENT_ID,
    parties: ['USALP', 'USDUK'],
    termsHash: sealedTerms(terms).hash,
    validFromMs: NOW_MS - 90 * DAY_MS,
    validUntilMs: NOW_MS + 365 * DAY_MS,
    endNoticeMs: END_NOTICE_MS,
    ...over,
  },
  transient: { terms: sealedTerms(terms).text },
});

export const registration = (utility: Utility): CallParts => ({
  caller: by(utility, 'operator'),
  verb: 'consortium.registerUtility',
  command: { utility: utilityOf(utility) },
});

/** A vote on the first version of a matter, as on an application that was never changed. */
export const ballot = (
  voter: Utility,
  subject: Utility,
  over: Readonly<Record<string, JsonValue>> = {},
): CallParts => ({
  caller: by(voter, 'operator'),
  verb: 'consortium.vote',
  command: { utilityId: subject, version: 1, decision: 'admit', yes: true, ...over },
});

/** When the consortium was set up: keys count from then on. */
export const SET_UP_MS = NOW_MS - 100 * HOUR_MS;

/** Every call that brings a consortium to the point where sessions can open. */
export const groundwork = (): readonly CallParts[] => steps().map((step) => ({ nowMs: SET_UP_MS, ...step }));

const steps = (): readonly CallParts[] => [
  registration('USALP'),
  registration('USDUK'),
  ballot('USALP', 'USDUK'),
  registration('USGPC'),
  ballot('USALP', 'USGPC'),
  ballot('USDUK', 'USGPC'),
  { caller: by('USDUK', 'operator'), verb: 'consortium.registerStation', command: { station: station() } },
  proposal(),
  {
    caller: by('USDUK', 'operator'),
    verb: 'consortium.signAgreement',
    command: { agreementId: AGREEMENT_ID, version: 1, termsHash: sealedTerms().hash },
  },
  {
    caller: by('USDUK', 'operator'),
    verb: 'tariff.publish',
    command: { tariff: tariffVersion(1) },
  },
  {
    caller: by('USDUK', 'operator'),
    verb: 'tariff.bind',
    command: { agreementId: AGREEMENT_ID, tariffId: TARIFF_ID, tariffVersion: 1 },
    transient: { terms: sealedTerms().text },
  },
];

/** The calls of {@link groundwork} before the first of a verb. */
export const groundworkBefore = (verb: string): readonly CallParts[] => {
  const steps = groundwork();
  return steps.slice(
    0,
    steps.findIndex((step) => step.verb === verb),
  );
};

export const tariffVersion = (version: number, energyPrice = 0.3): Record<string, JsonValue> => ({
  tariffId: TARIFF_ID,
  version,
  utilityId: 'USDUK',
  tariffJson: tariffJson(energyPrice),
  validFromMs: version === 1 ? NOW_MS - 90 * DAY_MS : NOW_MS + 2 * DAY_MS,
  validUntilMs: NOW_MS + 365 * DAY_MS,
});
