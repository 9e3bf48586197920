import { claimOf, gridOf, startHomeStage, startStage, type Stage } from '@roamgrid/energy-controller/stage';
import type { Row } from '../site/part.ts';
import { loadOf } from '../site/station.ts';

/** HOME-4: whatever houses take, their cars leave the connection its limit, on each phase. */

const VOLTS = 240n;
const ONE_W = 9_000n;
/** 25 kW on three phases. */
const PHASE_W = 8_333n;
const HOUSES = 4;
const STEPS = 8;
const LEAST_A = 6n;
const MOST_A = 32n;

/** A load of a house at a step: any number, the same in each run. */
const loadAt = (house: number, step: number, mostW: bigint): bigint =>
  BigInt(((step + 1) * 7_919 + house * 104_729) % 100_003) % mostW;

export interface LimitsSeen {
  /** One house: what it takes, what its car takes, and what flows in, W. */
  readonly one: readonly { readonly house: string; readonly car: string; readonly grid: string }[];
  /** Four houses on one connection, each on a phase of its own or sharing one: by house what it and its car take. */
  readonly four: readonly (readonly { readonly house: string; readonly car: string }[])[];
}

const liveOne = async (folder: string): Promise<LimitsSeen['one']> => {
  const house = await startHomeStage({
    ...{ folder, connectionW: ONE_W },
    cars: [{ carId: 'a', storedWh: 1_000n, capacityWh: 1_000_000n, mostW: 7_000n }],
    home: { slotMs: 3_600_000, slots: 8 },
  });
  try {
    const seen: LimitsSeen['one'][number][] = [];
    for (let step = 0; step < STEPS; step += 1) {
      const takesW = loadAt(0, step, ONE_W);
      house.takes(takesW);
      await house.live(1_000);
      const { plant } = house;
      const car = plant.takesW('box-a').toString();
      seen.push({ house: takesW.toString(), car, grid: plant.givesW('grid').toString() });
    }
    return seen;
  } finally {
    await house.close();
  }
};

const liveFour = async (folder: string): Promise<LimitsSeen['four']> => {
  const houses = Array.from({ length: HOUSES }, (_, house) => ({ house, lanes: [house % 3] }));
  const circuit = { kind: 'circuit', preemptible: false, priority: 1 } as const;
  const stage: Stage = await startStage({
    folder,
    nodes: [
      {
        nodeId: 'street',
        kind: 'connection',
        hard: { phaseW: Array.from({ length: 3 }, () => PHASE_W.toString()) },
      },
      ...houses.flatMap(({ house }) => [
        { nodeId: `house-${house}`, kind: 'circuit' as const, parentId: 'street' },
        { nodeId: `box-${house}`, kind: 'outlet' as const, parentId: `house-${house}` },
      ]),
    ],
    site: { lanes: 3, volts: Number(VOLTS), tickMs: 1_000, home: { slotMs: 3_600_000, slots: 8 } },
    sources: [{ source: gridOf(1_000_000n, 'street'), isTold: false }],
    loads: houses.flatMap(({ house, lanes }) => [
      { loadId: `house-${house}`, nodeId: `house-${house}`, aloneW: 0n, claims: [] },
      {
        ...{ loadId: `box-${house}`, nodeId: `box-${house}`, aloneW: 0n },
        claims: [
          claimOf(`car-${house}`, `box-${house}`, MOST_A * VOLTS, {
            ...{ lanes, minW: LEAST_A * VOLTS, step: { unit: 'A', everyA: 1n }, needWh: 900_000n },
          }),
        ],
      },
    ]),
  });
  try {
    const seen: LimitsSeen['four'][number][] = [];
    for (let step = 0; step < STEPS; step += 1) {
      for (const { house, lanes } of houses) {
        const watts = loadAt(house, step, PHASE_W / 2n);
        const load = loadOf(stage, `house-${house}`);
        load.claims = [claimOf(`appliances-${house}`, `house-${house}`, watts, { ...circuit, lanes })];
        load.stubbornW = watts;
      }
      await stage.step();
      await stage.controller.sites.get('s1')?.home?.idle();
      seen.push(
        houses.map(({ house }) => ({
          house: stage.plant.takesW(`house-${house}`).toString(),
          car: stage.plant.takesW(`box-${house}`).toString(),
        })),
      );
    }
    return seen;
  } finally {
    await stage.close();
  }
};

export const liveLimits = async (folder: string): Promise<LimitsSeen> => ({
  one: await liveOne(`${folder}/one`),
  four: await liveFour(`${folder}/four`),
});

const wattsOf = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : -1n);

const isOne = ({ one }: LimitsSeen): boolean =>
  one.length === STEPS &&
  one.every(({ house, car, grid }, step) => {
    const takesW = loadAt(0, step, ONE_W);
    // The car takes all that it can of what the house leaves.
    const leftW = ONE_W - takesW;
    return (
      house === takesW.toString() &&
      wattsOf(car) === (leftW < 7_000n ? leftW : 7_000n) &&
      wattsOf(grid) === takesW + wattsOf(car) &&
      wattsOf(grid) <= ONE_W
    );
  });

/** Whole amperes from six to 32 or nothing, and no phase above its limit. */
const isFour = ({ four }: LimitsSeen): boolean =>
  four.length === STEPS &&
  four.every((houses, step) => {
    const phases = [0n, 0n, 0n];
    const areSteps = houses.every(({ house, car }, at) => {
      const carW = wattsOf(car);
      phases[at % 3] = (phases[at % 3] ?? 0n) + wattsOf(house) + carW;
      return (
        house === loadAt(at, step, PHASE_W / 2n).toString() &&
        (carW === 0n || (carW % VOLTS === 0n && carW >= LEAST_A * VOLTS && carW <= MOST_A * VOLTS))
      );
    });
    return houses.length === HOUSES && areSteps && phases.every((watts) => watts <= PHASE_W);
  });

export const limitsRows: readonly Row<LimitsSeen>[] = [
  { row: 'HOME-4', is: isOne, shows: ({ one }) => one.slice(0, 4) },
  { row: 'HOME-4', is: isFour, shows: ({ four }) => four.slice(0, 4) },
];
