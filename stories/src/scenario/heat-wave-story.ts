import type { AdaptationRule } from '@roamgrid/wire';
import { DUKE_ENERGY, GEORGIA_POWER } from '../system/consortium.ts';
import { TERMS } from './story.ts';

/** The heat wave of late May 2019 in the Carolinas: real hours of the Duke Energy Carolinas balancing area. */

const HOUR_MS = 3_600_000;
const GW = 1_000_000_000n;

export const ZONE = 'America/New_York';
export const DAYS = ['2019-05-28', '2019-05-29', '2019-05-30'] as const;
export const TARIFF_ID = 'USDUK-ADAPTIVE';
export const AREA_ID = 'DUK';
/** What the area can supply: the ratio that policies and the settlement rule speak of. */
export const CAPACITY_W = 21n * GW;
/** Forecasts of a day are made from what was known at noon of the day before. */
export const GATE_MINUTES = 12 * 60;
export const VAT_PERCENT = 7;

/** One step up or down of a fifth, never against the cap; readings of two grid operators check each other. */
export const RULE: AdaptationRule = {
  version: 1,
  sources: [
    { utilityId: DUKE_ENERGY.utilityId, areaId: AREA_ID },
    { utilityId: GEORGIA_POWER.utilityId, areaId: AREA_ID },
  ],
  capacityW: CAPACITY_W,
  intervalMs: HOUR_MS,
  bands: [
    { fromRatioPpm: 0n, movePpm: -150_000n },
    { fromRatioPpm: 500_000n, movePpm: 0n },
    { fromRatioPpm: 850_000n, movePpm: 80_000n },
    { fromRatioPpm: 920_000n, movePpm: 200_000n },
  ],
  tolerancePpm: 20_000n,
  plausible: { minW: 5n * GW, maxW: 24n * GW, maxChangePpm: 250_000n },
  maxAgeMs: HOUR_MS,
  driver: { upPpm: 500_000n, downPpm: 1_000_000n },
};

export const HEAT_TERMS = {
  ...TERMS,
  agreementId: 'ALP-DUK-HEAT',
  floorMicrosPerKWh: 80_000n,
  ceilingMicrosPerKWh: 450_000n,
  maxStepMicrosPerKWh: 100_000n,
  noticeMs: 2 * HOUR_MS,
  adaptation: RULE,
};

/** Local wall clock of a day of the story. */
export interface At {
  readonly day: (typeof DAYS)[number] | '2019-05-27';
  readonly hour: number;
  readonly minute: number;
}

const curve = (top: string) => ({
  kind: 'linear',
  points: [
    { ratioPpm: '450000', multiplierPpm: '600000' },
    { ratioPpm: '700000', multiplierPpm: '1000000' },
    { ratioPpm: '950000', multiplierPpm: top },
  ],
});

interface PolicyChange {
  readonly version: number;
  readonly from: At;
  readonly top: string;
  readonly ceiling: string;
  readonly noticeMinutes: number;
}

/** Versions of the utility's policy as its board reviewed them, each in force from its own hour. */
export const POLICY_CHANGES: readonly PolicyChange[] = [
  {
    version: 1,
    from: { day: '2019-05-27', hour: 8, minute: 0 },
    top: '1600000',
    ceiling: '400000',
    noticeMinutes: 120,
  },
  {
    version: 2,
    from: { day: '2019-05-28', hour: 12, minute: 10 },
    top: '3000000',
    ceiling: '600000',
    noticeMinutes: 120,
  },
  {
    version: 3,
    from: { day: '2019-05-28', hour: 13, minute: 0 },
    top: '3000000',
    ceiling: '440000',
    noticeMinutes: 120,
  },
  {
    version: 4,
    from: { day: '2019-05-28', hour: 14, minute: 0 },
    top: '3000000',
    ceiling: '390000',
    noticeMinutes: 120,
  },
  {
    version: 5,
    from: { day: '2019-05-29', hour: 14, minute: 30 },
    top: '3000000',
    ceiling: '440000',
    noticeMinutes: 30,
  },
  {
    version: 6,
    from: { day: '2019-05-29', hour: 15, minute: 0 },
    top: '3000000',
    ceiling: '390000',
    noticeMinutes: 120,
  },
];

export const policyJson = ({ version, top, ceiling, noticeMinutes }: PolicyChange, fromMs: number) => ({
  policyId: 'duk-heat',
  version,
  utility: DUKE_ENERGY.utilityId,
  currency: TERMS.currency,
  timeZone: ZONE,
  validFromMs: fromMs,
  intervalMinutes: 60,
  baseMicrosPerKWh: '200000',
  floorMicrosPerKWh: '100000',
  ceilingMicrosPerKWh: ceiling,
  tickMicrosPerKWh: '1000',
  maxStepMicrosPerKWh: '100000',
  noticeMinutes,
  loadCurve: curve(top),
  timeOfUse: [],
  budgetNeutral: false,
  review: { reviewer: 'tariff board', reviewedAtMs: fromMs },
});

/** What happens, in order. `preCheck: false` tells the contract what the publisher's own check would hold back. */
export type Scene =
  | {
      readonly kind: 'publish';
      readonly at: At;
      readonly forDay: (typeof DAYS)[number];
      readonly preCheck: boolean;
    }
  | { readonly kind: 'charge'; readonly at: At; readonly energyWh: bigint; readonly feed: string };

export const SCENES: readonly Scene[] = [
  { kind: 'publish', at: { day: '2019-05-27', hour: 12, minute: 0 }, forDay: '2019-05-28', preCheck: true },
  {
    kind: 'charge',
    at: { day: '2019-05-28', hour: 3, minute: 10 },
    energyWh: 20_000n,
    feed: 'both feeds good, low load',
  },
  {
    kind: 'charge',
    at: { day: '2019-05-28', hour: 11, minute: 20 },
    energyWh: 20_000n,
    feed: 'both feeds good',
  },
  { kind: 'publish', at: { day: '2019-05-28', hour: 12, minute: 15 }, forDay: '2019-05-29', preCheck: true },
  { kind: 'publish', at: { day: '2019-05-28', hour: 12, minute: 20 }, forDay: '2019-05-29', preCheck: false },
  { kind: 'publish', at: { day: '2019-05-28', hour: 13, minute: 0 }, forDay: '2019-05-29', preCheck: false },
  { kind: 'publish', at: { day: '2019-05-28', hour: 14, minute: 0 }, forDay: '2019-05-29', preCheck: true },
  { kind: 'publish', at: { day: '2019-05-29', hour: 14, minute: 30 }, forDay: '2019-05-29', preCheck: false },
  { kind: 'publish', at: { day: '2019-05-29', hour: 15, minute: 0 }, forDay: '2019-05-30', preCheck: true },
  {
    kind: 'charge',
    at: { day: '2019-05-29', hour: 16, minute: 40 },
    energyWh: 40_000n,
    feed: 'both feeds good, the peak',
  },
  {
    kind: 'charge',
    at: { day: '2019-05-30', hour: 16, minute: 40 },
    energyWh: 30_000n,
    feed: 'both feeds missing from 16:00',
  },
  {
    kind: 'charge',
    at: { day: '2019-05-30', hour: 19, minute: 10 },
    energyWh: 20_000n,
    feed: 'Duke Energy’s feed lies: 12 GW',
  },
  {
    kind: 'charge',
    at: { day: '2019-05-30', hour: 21, minute: 10 },
    energyWh: 20_000n,
    feed: 'Duke Energy’s feed shows an impossible 91 GW',
  },
];

/** How a feed goes wrong, by the local hour of the last day: silent, or a value in place of the measured one. */
export const FEED_FAULTS: readonly {
  readonly utilityId: string;
  readonly fromHour: number;
  readonly untilHour: number;
  readonly tells: 'nothing' | bigint;
}[] = [
  { utilityId: DUKE_ENERGY.utilityId, fromHour: 16, untilHour: 18, tells: 'nothing' },
  { utilityId: GEORGIA_POWER.utilityId, fromHour: 16, untilHour: 18, tells: 'nothing' },
  { utilityId: DUKE_ENERGY.utilityId, fromHour: 18, untilHour: 21, tells: 12n * GW },
  { utilityId: DUKE_ENERGY.utilityId, fromHour: 21, untilHour: 24, tells: 91n * GW },
];
