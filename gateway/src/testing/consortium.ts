import { bodyHash, canonicalJson, canonicalText, agreementTerms, type AgreementTerms } from '@roamgrid/wire';
import { randomBytes } from 'node:crypto';
import type { TestKey } from './keys.ts';

export const ALABAMA = 'USALP';
export const DUKE = 'USDUK';
export const GEORGIA = 'USGPC';
export const STATION_ID = 'DUK-DURHAM-1';
export const EVSES = ['US*DUK*EDUR1*1', 'US*DUK*EDUR1*2', 'US*DUK*EDUR1*3', 'US*DUK*EDUR1*4'] as const;
export const AGREEMENT_ID = 'ALP-DUK-1';
export const TARIFF_ID = 'USDUK-PUBLIC';

const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;

/** 1.00 flat, 0.25 a kWh, 2.00 an hour parked, 10 % tax. */
const TARIFF = {
  country_code: 'US',
  party_id: 'DUK',
  id: TARIFF_ID,
  currency: 'USD',
  elements: [
    {
      price_components: [
        { type: 'ENERGY', price: '0.25', vat: '10', step_size: 1 },
        { type: 'PARKING_TIME', price: '2', vat: '10', step_size: 1 },
        { type: 'FLAT', price: '1', vat: '10', step_size: 1 },
      ],
    },
  ],
  last_updated: '2026-01-01T00:00:00Z',
};

const level = (minPpm: string) => ({ minPpm, maxPpm: '0' });

/** A station as tests register and play it. */
export interface TestSite {
  readonly stationId: string;
  /** Where its sessions are numbered and settled. */
  readonly group: string;
  readonly evses: readonly {
    readonly evseId: string;
    readonly meterId: string;
    /** The operator's own register over the meter's unsigned values. */
    readonly operatorMeterId?: string;
  }[];
}

export const DURHAM: TestSite = {
  stationId: STATION_ID,
  group: 'g0',
  evses: EVSES.map((evseId, at) => ({ evseId, meterId: `DUK-METER-${at + 1}` })),
};

/** More stations of Duke Energy's, spread over four groups. */
export const manySites = (stations: number, outlets: number): readonly TestSite[] =>
  Array.from({ length: stations }, (_, station) => ({
    stationId: `DUK-SITE-${station + 1}`,
    group: `g${station % 4}`,
    evses: Array.from({ length: outlets }, (_each, outlet) => ({
      evseId: `US*DUK*ESITE${station + 1}*${outlet + 1}`,
      meterId: `DUK-METER-${station + 1}-${outlet + 1}`,
    })),
  }));

/** Days of houses' meters end ten minutes before the tests began, so that one is over that had not begun to count for the ledger's clock. */
const dayOffsetMinutes = (): number => {
  const minutes = Math.floor(Date.now() / 60_000 - 10) % 1_440;
  return minutes > 720 ? 1_440 - minutes : -minutes;
};

/** What houses are paid: 0.20 for less, 0.25 for energy in an event, 0.10 beside them. */
export const FLEXIBILITY = {
  reductionMicrosPerKWh: '200000',
  v2gMicrosPerKWh: '250000',
  exportMicrosPerKWh: '100000',
  method: 'ten-in-ten',
  adjustmentCapPpm: '200000',
  dayOffsetMinutes: dayOffsetMinutes(),
  holidays: [],
} as const;

export const TERMS: AgreementTerms = agreementTerms.parse({
  agreementId: AGREEMENT_ID,
  parties: [ALABAMA, DUKE],
  currency: 'USD',
  floorMicrosPerKWh: '100000',
  ceilingMicrosPerKWh: '900000',
  maxStepMicrosPerKWh: '900000',
  noticeMs: 0,
  shares: { hun: '50000', vun: '800000', infrastructure: '140000', driver: '10000' },
  adjustment: {
    none: level('0'),
    gold: level('-50000'),
    diamond: level('-100000'),
    platinum: level('-150000'),
  },
  maxSessionMicros: '100000000',
  exposureLimitMicros: '200000000',
  profileLifetimeMs: 7 * 86_400_000,
  cdrBoundMs: 7 * 86_400_000,
  expiryGraceMs: 86_400_000,
  revocationGraceMs: 60_000,
  homeSilent: 'charge',
  retentionMs: 365 * 86_400_000,
  settlementPeriod: 'month',
  answerWithinMs: 1,
  givenMicrosPerKWh: '150000',
  flexibility: FLEXIBILITY,
  booking: {
    feeMicros: { none: '2000000', gold: '1500000', diamond: '1000000', platinum: '500000' },
    noShowMicros: { none: '6000000', gold: '5000000', diamond: '4000000', platinum: '3000000' },
    horizonMs: { none: 6 * HOUR_MS, gold: 24 * HOUR_MS, diamond: 48 * HOUR_MS, platinum: 240 * HOUR_MS },
    freeCancelMs: HOUR_MS,
    holdMs: HOUR_MS / 4,
    contestMs: 0,
  },
  salt: randomBytes(32).toString('hex'),
});

/** A command as the operator API takes it, in wire form. */
export interface Step {
  readonly utility: string;
  readonly path: string;
  readonly command: Record<string, unknown>;
  readonly transient?: Record<string, unknown>;
}

export interface ConsortiumKeys {
  readonly utilities: Readonly<Record<string, TestKey>>;
  readonly station: TestKey;
  /** The key of a meter, by its id. */
  readonly meter: (meterId: string) => TestKey;
}

/** What differs from the usual consortium. */
export interface Scene {
  readonly terms?: Partial<AgreementTerms>;
  readonly sites?: readonly TestSite[];
}

const utilityStep = (utilityId: string, name: string, key: TestKey, nowMs: number): Step => ({
  utility: utilityId,
  path: 'consortium/registerUtility',
  command: {
    commandId: `register-${utilityId}`,
    utility: {
      utilityId,
      name,
      oidcIssuer: 'http://localhost:1',
      aaaUrl: 'http://localhost:1',
      signingKeys: [key.open],
      validUntilMs: nowMs + YEAR_MS,
    },
  },
});

export const stationStep = (keys: ConsortiumKeys, { stationId, group, evses }: TestSite): Step => ({
  utility: DUKE,
  path: 'consortium/registerStation',
  command: {
    commandId: `register-${stationId}`,
    station: {
      stationId,
      utilityId: DUKE,
      group,
      name: 'Main Street, Durham',
      address: '12 Main Street, Durham, North Carolina',
      countryCode: 'US',
      timeZone: 'America/New_York',
      evses: evses.map(({ evseId, meterId, operatorMeterId }) => ({
        evseId,
        meterId,
        meterKey: keys.meter(meterId).open,
        ...(operatorMeterId !== undefined && {
          operatorMeter: { meterId: operatorMeterId, meterKey: keys.meter(operatorMeterId).open },
        }),
        maxPowerW: '50000',
      })),
      signingKey: keys.station.open,
      infrastructureProvider: 'DURHAM-CHARGING',
      status: 'active',
    },
  },
});

/** Everything that has to be on the ledger before a car of Alabama Power's can charge at Duke Energy's station. */
export const consortiumSteps = (
  keys: ConsortiumKeys,
  nowMs: number,
  { terms = {}, sites = [] }: Scene = {},
): readonly Step[] => {
  const termsText = canonicalText(agreementTerms, { ...TERMS, ...terms });
  const key = (utilityId: string): TestKey => {
    const found = keys.utilities[utilityId];
    if (found === undefined) throw new Error(`no key of ${utilityId}`);
    return found;
  };
  return [
    utilityStep(ALABAMA, 'Alabama Power', key(ALABAMA), nowMs),
    utilityStep(DUKE, 'Duke Energy', key(DUKE), nowMs),
    {
      utility: ALABAMA,
      path: 'consortium/vote',
      command: { commandId: 'admit-duke', utilityId: DUKE, version: 1, decision: 'admit', yes: true },
    },
    ...[DURHAM, ...sites].map((site) => stationStep(keys, site)),
    {
      utility: ALABAMA,
      path: 'consortium/proposeAgreement',
      command: {
        commandId: 'propose',
        agreementId: AGREEMENT_ID,
        parties: [ALABAMA, DUKE],
        termsHash: bodyHash(termsText),
        validFromMs: nowMs - 86_400_000,
        validUntilMs: nowMs + YEAR_MS,
        endNoticeMs: 0,
      },
      transient: { terms: JSON.parse(termsText) as unknown },
    },
    {
      utility: DUKE,
      path: 'consortium/signAgreement',
      command: { commandId: 'sign', agreementId: AGREEMENT_ID, version: 1, termsHash: bodyHash(termsText) },
    },
    {
      utility: DUKE,
      path: 'tariff/publish',
      command: {
        commandId: 'publish-1',
        tariff: {
          tariffId: TARIFF_ID,
          version: 1,
          utilityId: DUKE,
          tariffJson: canonicalJson(TARIFF),
          validFromMs: nowMs - 86_400_000,
          validUntilMs: nowMs + YEAR_MS,
        },
      },
    },
    {
      utility: DUKE,
      path: 'tariff/bind',
      command: { commandId: 'bind-1', agreementId: AGREEMENT_ID, tariffId: TARIFF_ID, tariffVersion: 1 },
    },
  ];
};
