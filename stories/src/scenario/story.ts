import type { BatterySpec } from '@roamgrid/station';
import type { AdaptationRule, BookingTerms } from '@roamgrid/wire';
import { DUKE_ENERGY, GEORGIA_POWER } from '../system/consortium.ts';
import type { NewCustomer } from '../system/customer.ts';

/** Facts of the paper's example that no file gives. Amounts in micros of a US dollar, shares in parts per million. */
export const DRIVER: NewCustomer = {
  name: 'Ada Driver',
  login: 'ada',
  loyalty: 'gold',
  customerClass: 'residential',
  creditLimitMicros: 500_000_000n,
  currency: 'USD',
  customerNumber: '0012345',
};

export const CAR: BatterySpec = { capacityWh: 75_000n, initialWh: 15_000n, maxPowerW: 120_000n };

/** Whoever deals with Georgia Power pays by token, the others by bank. */
export const PAYMENTS = {
  pays: (one: string, other: string): boolean =>
    one === GEORGIA_POWER.utilityId || other === GEORGIA_POWER.utilityId,
  depth: 2,
  blockEveryS: 2,
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const TERMS = {
  agreementId: 'ALP-DUK-1',
  currency: 'USD',
  floorMicrosPerKWh: 50_000n,
  ceilingMicrosPerKWh: 600_000n,
  maxStepMicrosPerKWh: 200_000n,
  noticeMs: 15 * 60_000,
  shares: { hun: 60_000n, vun: 620_000n, infrastructure: 300_000n, driver: 20_000n },
  adjustment: {
    none: { minPpm: 0n, maxPpm: 50_000n },
    gold: { minPpm: -60_000n, maxPpm: 50_000n },
    diamond: { minPpm: -100_000n, maxPpm: 50_000n },
    platinum: { minPpm: -150_000n, maxPpm: 50_000n },
  },
  maxSessionMicros: 150_000_000n,
  exposureLimitMicros: 120_000_000n,
  profileLifetimeMs: 7 * DAY_MS,
  cdrBoundMs: 31 * DAY_MS,
  expiryGraceMs: 7 * DAY_MS,
  revocationGraceMs: 5 * 60_000,
  homeSilent: 'charge' as const,
  retentionMs: 730 * DAY_MS,
  settlementPeriod: 'month' as const,
};

/** Terms of two utilities whose drivers may book at each other's stations. */
export const BOOKING: BookingTerms = {
  feeMicros: { none: 2_000_000n, gold: 1_500_000n, diamond: 1_000_000n, platinum: 500_000n },
  noShowMicros: { none: 6_000_000n, gold: 5_000_000n, diamond: 4_000_000n, platinum: 3_000_000n },
  horizonMs: { none: 6 * HOUR_MS, gold: 2 * DAY_MS, diamond: 4 * DAY_MS, platinum: 10 * DAY_MS },
  freeCancelMs: HOUR_MS,
  holdMs: 15 * MINUTE_MS,
  contestMs: DAY_MS,
};

/** What a site pays for a kWh of a car of the other's customer, where they agreed on that. */
export const GIVEN_MICROS_PER_KWH = 150_000n;

const GW = 1_000_000_000n;

/** Hourly means of the area's demand, from which forecasts are made. */
export const AREA_ID = 'DUK';
/** What stands at each full hour, told as it comes: settlements follow it. */
export const LIVE_AREA_ID = 'DUK-LIVE';
/** What the area can supply. */
export const CAPACITY_W = 21n * GW;

/** Prices move with the grid only when it is nearly idle or nearly full; on an ordinary day nothing moves. */
export const ADAPTATION: AdaptationRule = {
  version: 1,
  sources: [{ utilityId: DUKE_ENERGY.utilityId, areaId: LIVE_AREA_ID }],
  capacityW: CAPACITY_W,
  intervalMs: HOUR_MS,
  bands: [
    { fromRatioPpm: 0n, movePpm: -100_000n },
    { fromRatioPpm: 400_000n, movePpm: 0n },
    { fromRatioPpm: 950_000n, movePpm: 100_000n },
  ],
  tolerancePpm: 20_000n,
  plausible: { minW: 5n * GW, maxW: 24n * GW, maxChangePpm: 300_000n },
  maxAgeMs: HOUR_MS,
  driver: { upPpm: 500_000n, downPpm: 1_000_000n },
};

/** The price list: a real time-of-use rate for charging stations, and North Carolina's sales tax on electricity. */
export const TARIFF = { file: 'urdb_pge_bev-2-s.json', tariffId: 'USDUK-TOU', vatPercent: 7 };

/** Local wall clock of the first swipe: 25 minutes before the rate's peak hours begin, so that the session meets both. */
export const FIRST_SWIPE = { hour: 15, minute: 35 };
export const PAUSE_BEFORE_SECOND_MS = 40 * 60_000;
export const REQUESTED_WH = [30_000n, 20_000n] as const;
