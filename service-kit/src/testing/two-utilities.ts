import {
  laneIdOf,
  sessionIdOf,
  type AgreementTerms,
  type ChargeOffer,
  type IssuerEntry,
  type StationRecord,
} from '@roamgrid/wire';
import { publicKey, type TestKey } from './keys.ts';

/** Alabama Power as the home utility and Duke Energy as the visited one, as the registry would tell of them. */
export const HOME = 'USALP';
export const VISITED = 'USDUK';
export const STATION = 'duke-station-1';
export const EVSE = 'US*DUK*E0001*1';
export const AGREEMENT = 'alp-duk-2026';
export const CHANNEL = 'roaming';
export const DAY_MS = 86_400_000;

export const terms = (changes: Partial<AgreementTerms> = {}): AgreementTerms => ({
  agreementId: AGREEMENT,
  parties: [HOME, VISITED],
  currency: 'USD',
  floorMicrosPerKWh: 50_000n,
  ceilingMicrosPerKWh: 900_000n,
  maxStepMicrosPerKWh: 500_000n,
  noticeMs: 0,
  shares: { hun: 50_000n, vun: 700_000n, infrastructure: 230_000n, driver: 20_000n },
  adjustment: {
    none: { minPpm: -50_000n, maxPpm: 100_000n },
    gold: { minPpm: -100_000n, maxPpm: 50_000n },
    diamond: { minPpm: -150_000n, maxPpm: 0n },
    platinum: { minPpm: -200_000n, maxPpm: 0n },
  },
  maxSessionMicros: 60_000_000n,
  exposureLimitMicros: 100_000_000n,
  profileLifetimeMs: 7 * DAY_MS,
  cdrBoundMs: DAY_MS,
  expiryGraceMs: DAY_MS,
  revocationGraceMs: 60_000,
  homeSilent: 'charge',
  retentionMs: 366 * DAY_MS,
  settlementPeriod: 'month',
  salt: '0'.repeat(64),
  ...changes,
});

export const issuerOf = (
  utilityId: string,
  key: TestKey,
  urls: { readonly oidcIssuer: string; readonly aaaUrl: string },
  agreement: AgreementTerms | undefined,
): IssuerEntry => ({
  utility: {
    type: 'utility',
    version: 1,
    utilityId,
    mspId: `${utilityId}MSP`,
    name: utilityId === HOME ? 'Alabama Power' : 'Duke Energy',
    ...urls,
    signingKeys: [{ ...publicKey(key), fromMs: 0 }],
    validUntilMs: Date.now() + 365 * DAY_MS,
    status: 'active',
    statusFromMs: 0,
    statusVersion: 1,
  },
  ...(agreement === undefined
    ? {}
    : {
        agreement: {
          type: 'agreement',
          version: 1,
          agreementId: agreement.agreementId,
          parties: agreement.parties,
          termsHash: '0'.repeat(64),
          validFromMs: 0,
          validUntilMs: Date.now() + 365 * DAY_MS,
          endNoticeMs: 0,
          state: 'active',
          signedBy: agreement.parties,
        },
        terms: agreement,
      }),
  asOfBlock: 1,
});

export const stationOf = (stationKey: TestKey, meterKey: TestKey): StationRecord => ({
  type: 'station',
  version: 1,
  stationId: STATION,
  utilityId: VISITED,
  group: 'g0',
  name: 'Charlotte Uptown',
  address: '1 Main Street',
  countryCode: 'US',
  timeZone: 'America/New_York',
  evses: [
    {
      evseId: EVSE,
      meterId: 'meter-1',
      meterKeys: [{ ...publicKey(meterKey), meterId: 'meter-1', signedBy: 'meter', fromMs: 0 }],
      maxPowerW: 50_000n,
    },
  ],
  signingKeys: [{ ...publicKey(stationKey), fromMs: 0 }],
  infrastructureProvider: 'duke-infra',
  status: 'active',
  statusFromMs: 0,
});

let numbers = 0;

/** A further number in the lane of a pair, as the visited utility's gateway would give it at a swipe. */
export const nextSessionId = (vun: string = VISITED, hun: string = HOME): string => {
  numbers += 1;
  return sessionIdOf(laneIdOf(vun, hun, 'g0'), numbers);
};

export const makeOffer = (changes: Partial<ChargeOffer> = {}): ChargeOffer => {
  const vun = changes.vun ?? VISITED;
  return {
    channel: CHANNEL,
    sessionId: nextSessionId(vun, vun === HOME ? VISITED : HOME),
    vun,
    agreementId: AGREEMENT,
    stationId: STATION,
    evseId: EVSE,
    service: 'charging',
    tariffId: 'USDUK-tou',
    tariffVersion: 1,
    currency: 'USD',
    minMicrosPerKWh: 100_000n,
    maxMicrosPerKWh: 400_000n,
    minAdjustmentPpm: -200_000n,
    maxAdjustmentPpm: 100_000n,
    requestedEnergyWh: 30_000n,
    estimateMicros: 10_000_000n,
    validUntilMs: Date.now() + 120_000,
    ...changes,
  };
};
