import type { AgreementTerms, ChargeOffer, IssuerEntry, StationRecord } from '@roamgrid/wire';
import { publicKey, type TestKey } from './keys.ts';

/** Alabama Power as the home utility and Duke Energy as the visited one, as the registry would tell of them. */
export const HOME = 'USALP';
export const VISITED = 'USDUK';
export const STATION = 'duke-station-1';
export const EVSE = 'US*DUK*E0001*1';
export const AGREEMENT = 'alp-duk-2026';
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
    signingKeys: [publicKey(key)],
    validUntilMs: Date.now() + 365 * DAY_MS,
    status: 'active',
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
  name: 'Charlotte Uptown',
  address: '1 Main Street',
  countryCode: 'US',
  timeZone: 'America/New_York',
  evses: [{ evseId: EVSE, meterId: 'meter-1', meterKey: publicKey(meterKey), maxPowerW: 50_000n }],
  signingKey: publicKey(stationKey),
  infrastructureProvider: 'duke-infra',
  status: 'active',
});

let requests = 0;

export const makeOffer = (changes: Partial<ChargeOffer> = {}): ChargeOffer => {
  requests += 1;
  return {
    requestId: `req-${process.pid}-${requests}`,
    vun: VISITED,
    agreementId: AGREEMENT,
    stationId: STATION,
    evseId: EVSE,
    service: 'charging',
    tariffId: 'duke-tou',
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
