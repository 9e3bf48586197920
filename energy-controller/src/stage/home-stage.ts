import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@roamgrid/domain/power';
import {
  carPlan,
  carPlanTaken,
  homeNotices,
  homePlan,
  homePlans,
  homeView,
  signalTaken,
  type CarPlan,
  type HomeNotice,
  type HomePlanMessage,
  type HomeView,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { PlantSource } from '../adapters/http/simulator/plant.ts';
import { claimOf, gridOf, MINUTE_MS, startStage, type Stage, type StageOptions } from './stage.ts';

/** A car at a wall box of the house: its battery is told by the box. */
export interface StageCar {
  readonly carId: string;
  readonly storedWh: bigint;
  readonly capacityWh: bigint;
  readonly mostW: bigint;
  /** The box can feed the house from it. */
  readonly canDischarge?: boolean;
}

export interface HomeOptions {
  readonly connectionW: bigint;
  readonly cars: readonly StageCar[];
  /** What the house takes at first, W. */
  readonly loadW?: bigint;
  readonly sunW?: bigint;
  readonly home?: NonNullable<NonNullable<StageOptions['site']>['home']>;
  readonly controller?: StageOptions['controller'];
  readonly folder?: string;
  /** By which its time begins. */
  readonly startMs?: number;
}

type SignalBody = { readonly kind: string; readonly version: number } & Readonly<Record<string, unknown>>;

/** A house that plans, over served devices, by a clock that its user turns. */
export interface HomeStage extends Stage {
  home(): Promise<HomeView>;
  /** The plan in force, once there is one of this version or a later one. */
  planned(version: number): Promise<HomePlanMessage>;
  plans(): Promise<z.output<typeof homePlans>['plans']>;
  planOf(version: number): Promise<HomePlanMessage>;
  notices(): Promise<readonly HomeNotice[]>;
  tell(signalId: string, body: SignalBody): Promise<string>;
  setCar(claimId: string, plan: z.input<typeof carPlan>): Promise<string>;
  /** Some time later: a decision, and whatever is planned then. */
  live(passMs: number): Promise<void>;
  /** The house takes so much from now on, W. */
  takes(watts: bigint): void;
  storedWh(carId: string): bigint;
  /** Nobody is at its box any more. */
  leaves(carId: string): void;
  /** It is at its box again, and holds so much. */
  comesBack(carId: string, storedWh: bigint): void;
}

const HOME = '/operator/v1/sites/s1/home';
const LOOKS = 2_400;
const TICK_MS = 15 * MINUTE_MS;

const batteryOf = ({ carId, storedWh, capacityWh, mostW }: StageCar): Source => ({
  ...{ sourceId: `${carId}-battery`, kind: 'ev', nodeId: `box-${carId}`, availableW: mostW },
  store: { storedWh, capacityWh, floorWh: 0n },
});

const boxOf = ({ carId, mostW, canDischarge = false }: StageCar): StageOptions['loads'][number] => {
  const nodeId = `box-${carId}`;
  const sourceId = `${carId}-battery`;
  return {
    ...{ loadId: nodeId, nodeId, aloneW: 0n },
    claims: [
      claimOf(carId, nodeId, mostW, { sourceId }),
      ...(canDischarge ? [claimOf(`${carId}-gives`, nodeId, mostW, { kind: 'discharge', sourceId })] : []),
    ],
  };
};

/** Serves a house's devices and starts its controller. */
export const startHomeStage = async ({
  connectionW,
  cars,
  loadW = 0n,
  sunW,
  home = {},
  ...more
}: HomeOptions): Promise<HomeStage> => {
  const leaf = { kind: 'circuit', parentId: 'main' } as const;
  const sources: readonly PlantSource[] = [
    { source: gridOf(1_000_000n, 'main'), isTold: false },
    ...(sunW === undefined
      ? []
      : [
          {
            source: { sourceId: 'sun', kind: 'renewable', nodeId: 'sun', availableW: sunW } as const,
            isTold: false,
          },
        ]),
    ...cars.map((car): PlantSource => ({ source: batteryOf(car), isTold: true })),
  ];
  const stage = await startStage({
    nodes: [
      { nodeId: 'main', kind: 'connection', hard: { totalW: connectionW.toString() } },
      { ...leaf, nodeId: 'house' },
      ...(sunW === undefined ? [] : [{ ...leaf, nodeId: 'sun' }]),
      ...cars.map(({ carId }) => ({ ...leaf, nodeId: `box-${carId}` })),
    ],
    sources,
    loads: [{ loadId: 'house', nodeId: 'house', aloneW: 0n, claims: [] }, ...cars.map(boxOf)],
    site: { tickMs: TICK_MS, grantMs: 4 * TICK_MS, home },
    ...(more.controller !== undefined && { controller: more.controller }),
    ...(more.folder !== undefined && { folder: more.folder }),
    ...(more.startMs !== undefined && { startMs: more.startMs }),
  });
  const house = stage.plant.loads.get('house');
  assert.ok(house);
  const takes = (watts: bigint): void => {
    const circuit = { kind: 'circuit', preemptible: false, priority: 1 } as const;
    house.claims = [claimOf('appliances', 'house', watts, circuit)];
    house.stubbornW = watts;
  };
  takes(loadW);
  const asked = async <T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.output<T>> => {
    const answer = await stage.ask(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return schema.parse(answer.body);
  };
  const idle = (): Promise<void> | undefined => stage.controller.sites.get('s1')?.home?.idle();
  const homeStage: HomeStage = Object.assign(stage, {
    takes,
    home: () => asked(homeView, 'GET', HOME),
    async planned(version: number) {
      for (let look = 0; look < LOOKS; look += 1) {
        const { plan, isSolving } = await homeStage.home();
        if (plan !== undefined && plan.version >= version && !isSolving) return plan;
        await sleep(50);
      }
      throw new Error(`no plan ${version} came`);
    },
    plans: async () => (await asked(homePlans, 'GET', `${HOME}/plans`)).plans,
    planOf: (version: number) => asked(homePlan, 'GET', `${HOME}/plans/${version}`),
    notices: async () => (await asked(homeNotices, 'GET', `${HOME}/notices`)).notices,
    tell: async (signalId: string, body: SignalBody) =>
      (await asked(signalTaken, 'PUT', `/operator/v1/sites/s1/signals/${signalId}`, body)).outcome,
    setCar: async (claimId: string, plan: z.input<typeof carPlan>) =>
      (await asked(carPlanTaken, 'PUT', `${HOME}/cars/${claimId}`, plan)).outcome,
    async live(passMs: number) {
      await stage.step(passMs);
      await idle();
    },
    leaves(carId: string) {
      stage.plant.settle();
      const box = stage.plant.loads.get(`box-${carId}`);
      assert.ok(box);
      box.claims = [];
    },
    comesBack(carId: string, storedWh: bigint) {
      stage.plant.settle();
      const car = cars.find((one) => one.carId === carId);
      assert.ok(car);
      const box = stage.plant.loads.get(`box-${carId}`);
      const battery = stage.plant.sources.get(`${carId}-battery`);
      assert.ok(box && battery);
      box.claims = boxOf(car).claims;
      battery.source = batteryOf({ ...car, storedWh });
    },
    storedWh(carId: string): bigint {
      stage.plant.settle();
      return stage.plant.sources.get(`${carId}-battery`)?.source.store?.storedWh ?? 0n;
    },
  });
  return homeStage;
};

/** What a user wants of a car that leaves once. */
export const leavesAt = (
  departsAtMs: number,
  targetWh: bigint,
  more: Partial<CarPlan> = {},
): z.input<typeof carPlan> =>
  z.encode(carPlan, {
    ...{ version: 1, trips: [{ departsAtMs, targetWh }], mayDischarge: false, keepWh: 0n },
    ...more,
  });

/** Prices by the hour of the day, micros a kWh, for some days on. */
export const pricesByHour = (
  fromMs: number,
  hours: number,
  priceOf: (hour: number) => bigint,
): SignalBody['intervals'] =>
  Array.from({ length: hours }, (_, at) => {
    const startMs = fromMs + at * 60 * MINUTE_MS;
    return {
      ...{ startMs, endMs: startMs + 60 * MINUTE_MS },
      priceMicrosPerKWh: priceOf(new Date(startMs).getUTCHours()).toString(),
    };
  });
