import { unwrap } from '@roamgrid/domain';
import {
  growTree,
  PLAIN_POLICY,
  wattsOfAmps,
  type Claim,
  type Horizon,
  type PowerNode,
  type PowerState,
} from '@roamgrid/domain/power';
import { LANES } from '../register.ts';

export const SLOT_MS = 900_000;
export const SLOTS = 96;
/** A day from noon to noon, as cars stay over night. */
export const FIRST_MS = Date.UTC(2026, 10, 30, 12);
export const MINUTES = 1_440;
const MINUTE_MS = 60_000;
const VOLTS = 230n;
/** 25 kW on three phases, rounded down. */
export const CONNECTION_W = [8_333n, 8_333n, 8_333n];

export interface PlayedHouse {
  readonly houseId: string;
  /** What it takes besides its car, by phase and minute, W. */
  readonly loadW: readonly (readonly bigint[])[];
  readonly car: {
    readonly lanes: readonly number[];
    readonly fromMs: number;
    readonly untilMs: number;
    readonly needWh: bigint;
  };
}

/** Numbers from a seed, the same ones everywhere. */
const numbersOf = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

export const playedHouses = (seed: number, count: number): readonly PlayedHouse[] => {
  const below = numbersOf(seed);
  return Array.from({ length: count }, (_, at) => {
    const fromHours = 5 + below(4);
    return {
      houseId: `house-${at + 1}`,
      loadW: Array.from({ length: LANES }, () => {
        const baseW = 150 + below(250);
        return Array.from({ length: MINUTES }, (__, minute) => {
          const eveningW = minute > 300 && minute < 600 ? 250 : 0;
          return BigInt(baseW + eveningW + below(200));
        });
      }),
      car: {
        lanes: at % 2 === 0 ? [0, 1, 2] : [below(LANES)],
        fromMs: FIRST_MS + fromHours * 3_600_000,
        untilMs: FIRST_MS + (17 + below(4)) * 3_600_000,
        needWh: BigInt(9_000 + below(at % 2 === 0 ? 14_000 : 5_000)),
      },
    };
  });
};

/** 0.10 at night, 0.30 in the evening, 0.20 else, micros a kWh. */
export const priceAt = (slot: number): bigint =>
  slot >= 40 && slot < 68 ? 100_000n : slot >= 20 && slot < 36 ? 300_000n : 200_000n;

const lanesId = (houseId: string, lane: number): string => `${houseId}-load-${lane + 1}`;

/** What houses on one connection are to the power core. */
export const stateOf = (
  houses: readonly PlayedHouse[],
  leftWh: ReadonlyMap<string, bigint>,
  loadNowW?: (house: PlayedHouse, lane: number) => bigint,
): PowerState => ({
  tree: unwrap(
    growTree(
      [
        { nodeId: 'connection', kind: 'connection', hard: { phaseW: CONNECTION_W } },
        ...houses.map(({ houseId }): PowerNode => ({
          nodeId: houseId,
          kind: 'circuit',
          parentId: 'connection',
        })),
      ],
      { volts: VOLTS, lanes: LANES },
    ),
  ),
  sources: [{ sourceId: 'grid', kind: 'grid', nodeId: 'connection', availableW: 100_000n }],
  claims: houses.flatMap((house): readonly Claim[] => {
    const { houseId, car } = house;
    const phases = car.lanes.length;
    return [
      ...house.loadW.map((_, lane): Claim => {
        const runningW = loadNowW?.(house, lane) ?? 0n;
        return {
          ...{ claimId: lanesId(houseId, lane), kind: 'circuit', nodeId: houseId, lanes: [lane] },
          ...{ minW: runningW, maxW: runningW, runningW, preemptible: false, priority: 0, arrivedMs: 0 },
        };
      }),
      {
        ...{
          claimId: `${houseId}-car`,
          kind: 'charge',
          nodeId: houseId,
          lanes: car.lanes,
          arrivedMs: car.fromMs,
        },
        ...{ minW: wattsOfAmps(6n, VOLTS, phases), maxW: wattsOfAmps(16n, VOLTS, phases) },
        ...{ step: { unit: 'A', everyA: 1n }, needWh: leftWh.get(houseId) ?? car.needWh },
        ...{ fromMs: car.fromMs, deadlineMs: car.untilMs },
      },
    ];
  }),
  signals: {},
  policy: PLAIN_POLICY,
  tickMs: MINUTE_MS,
});

/** The mean of a quarter of an hour, W rounded up. What a house knows of its own loads ahead. */
const expectedW = (loadW: readonly bigint[], slot: number): bigint => {
  const minutes = loadW.slice(slot * 15, slot * 15 + 15);
  return (minutes.reduce((sum, one) => sum + one, 0n) + 14n) / 15n;
};

/** From a slot on to the end of the day, and on into slots in which nothing is to be done. */
export const horizonOf = (houses: readonly PlayedHouse[], first: number, slots: number): Horizon => ({
  ...{ slotMs: SLOT_MS, slots },
  forecast: {
    priceMicrosPerKWh: Array.from({ length: slots }, (_, at) => priceAt(first + at)),
    loadW: Object.fromEntries(
      houses.flatMap(({ houseId, loadW }) =>
        loadW.map((ofLane, lane) => [
          lanesId(houseId, lane),
          Array.from({ length: slots }, (_, at) => expectedW(ofLane, Math.min(first + at, SLOTS - 1))),
        ]),
      ),
    ),
  },
  weights: {
    ...{ unmetMicrosPerKWh: 100_000_000n, softMicrosPerKWh: 0n, peakMicrosPerKW: 0n, peakSoFarW: 0n },
    ...{ wearMicrosPerKWh: 1n, laterMicrosPerKWh: 2n },
  },
});
