import {
  claimOf,
  freshKey,
  gridOf,
  publicKeyOf,
  startStage,
  type Stage,
} from '@roamgrid/energy-controller/stage';
import { GIVEN_MICROS_PER_KWH } from '../scenario/story.ts';
import type { LocalSystem } from '../system/system.ts';
import { loadOf, setAvailable } from './station.ts';
import { owedForGiven, recordingAt, type GivenSeen } from './given.ts';

/** A car that feeds the servers, run by the controller over served devices, and what its driver is owed for it. */

/** An instant: what flows by the devices’ own meters, W and Wh as decimal strings. */
export interface FeedingReading {
  readonly gridHas: string;
  readonly grid: string;
  readonly car: string;
  readonly servers: string;
  readonly outlet: string;
  readonly storedWh: string;
}

export interface Site7Seen {
  readonly readings: readonly FeedingReading[];
  /** Of the whole time: what the car's battery gave by its meter, and what it holds less. */
  readonly givenWh: string;
  readonly missingWh: string;
  readonly given: GivenSeen;
}

const FLOOR_WH = 39_900n;
const STORED_WH = 40_000n;
const STEP_MS = 30_000;

const feedingReading = ({ plant }: Stage): FeedingReading => ({
  gridHas: (plant.sources.get('grid')?.source.availableW ?? 0n).toString(),
  grid: plant.givesW('grid').toString(),
  car: plant.givesW('car-battery').toString(),
  servers: plant.takesW('servers').toString(),
  outlet: plant.takesW('outlet').toString(),
  storedWh: (plant.sources.get('car-battery')?.source.store?.storedWh ?? 0n).toString(),
});

/** SITE-7: its user lets the car give 10 kW, the operator 8; the grid goes away and comes back; the car begins to charge. */
export const liveSite7 = async (folder: string, system: LocalSystem, cinRef: string): Promise<Site7Seen> => {
  const key = freshKey('car-meter');
  const meter = { meterId: 'METER-CAR', evseId: 'US*DUK*ES1*1' };
  const recording = recordingAt(system, [
    { ...{ sourceId: 'car-battery', cinRef, ...meter }, publicKey: publicKeyOf(key) },
  ]);
  const stage = await startStage({
    folder,
    ...recording.options,
    nodes: [
      { nodeId: 'site', kind: 'connection' },
      { nodeId: 'outlet', kind: 'outlet', parentId: 'site', exportUpTo: { totalW: '8000' } },
      { nodeId: 'cabinet', kind: 'circuit', parentId: 'site' },
    ],
    sources: [
      { source: gridOf(100_000n), isTold: false },
      {
        source: {
          ...{ sourceId: 'car-battery', kind: 'ev', nodeId: 'outlet', availableW: 11_000n },
          store: { storedWh: STORED_WH, capacityWh: 60_000n, floorWh: FLOOR_WH },
        },
        isTold: true,
        meter: { ...meter, key, intervalMs: STEP_MS },
      },
    ],
    site: { tickMs: STEP_MS, grantMs: 100_000, record: recording.record },
    loads: [
      {
        ...{ loadId: 'outlet', nodeId: 'outlet', aloneW: 0n },
        claims: [claimOf('v2l', 'outlet', 10_000n, { kind: 'discharge', sourceId: 'car-battery' })],
      },
      {
        ...{ loadId: 'servers', nodeId: 'cabinet', aloneW: 0n },
        claims: [claimOf('tasks', 'cabinet', 20_000n, { kind: 'compute' })],
      },
    ],
  });
  try {
    const readings: FeedingReading[] = [];
    const step = async (): Promise<void> => {
      recording.pass(STEP_MS);
      await stage.step(0);
      readings.push(feedingReading(stage));
    };
    await step();
    setAvailable(stage, 'grid', 0n);
    for (let at = 0; at < 4; at += 1) await step();
    const givenWh = stage.plant.meterWh('car-battery');
    const missingWh = STORED_WH - BigInt(readings.at(-1)?.storedWh ?? '0');
    setAvailable(stage, 'grid', 100_000n);
    const outlet = loadOf(stage, 'outlet');
    outlet.claims = [
      ...outlet.claims,
      claimOf('charge', 'outlet', 11_000n, { sourceId: 'car-battery', needWh: 5_000n }),
    ];
    await step();
    const given = await owedForGiven(system, stage, recording);
    return { readings, givenWh: givenWh.toString(), missingWh: missingWh.toString(), given };
  } finally {
    await stage.close();
  }
};

/** Before the outage, four times in it, and charging again afterwards. */
const GRID_HAS = ['100000', '0', '0', '0', '0', '100000'];

/** What the battery holds at each reading, by the power that it gave before: whole watt-hours that it gave are gone. */
const heldWh = (readings: readonly FeedingReading[]): readonly bigint[] => {
  let givenWattMs = 0n;
  return readings.map(({ car }) => {
    const storedWh = STORED_WH - givenWattMs / 3_600_000n;
    givenWattMs += BigInt(car) * BigInt(STEP_MS);
    return storedWh;
  });
};

/** What the meter counted, at the agreed price: on one note of home's, and less on the driver's bill. */
const isOwed = (given: GivenSeen, givenWh: string): boolean => {
  const micros = ((BigInt(givenWh) * GIVEN_MICROS_PER_KWH) / 1_000n).toString();
  const line = { energyWh: givenWh, micros };
  return (
    JSON.stringify(given) ===
    JSON.stringify({ owed: 'USALP', owes: 'USDUK', note: line, bill: line, payableMicros: `-${micros}` })
  );
};

/** Never above 8 kW, servers fed by the car alone in the outage, down to what its user keeps, and nothing once it charges. */
export const isSite7 = ({ readings, givenWh, missingWh, given }: Site7Seen): boolean => {
  if (readings.some((reading) => Object.values(reading).some((text) => !/^\d+$/.test(String(text)))))
    return false;
  const held = heldWh(readings);
  const isRight = ({ gridHas, grid, car, servers, outlet, storedWh }: FeedingReading, at: number): boolean =>
    gridHas === GRID_HAS[at] &&
    BigInt(grid) + BigInt(car) === BigInt(servers) + BigInt(outlet) &&
    BigInt(car) <= 8_000n &&
    BigInt(storedWh) >= FLOOR_WH &&
    BigInt(storedWh) === held[at] &&
    (gridHas === '0' ? grid === '0' && outlet === '0' : car === '0' && servers === '20000');
  const end = readings.at(-2);
  return (
    readings.length === GRID_HAS.length &&
    readings.every(isRight) &&
    readings[0]?.outlet === '0' &&
    readings[1]?.car === '8000' &&
    end?.car === '0' &&
    readings.at(-1)?.outlet === '11000' &&
    missingWh === (STORED_WH - BigInt(end.storedWh)).toString() &&
    givenWh === missingWh &&
    isOwed(given, givenWh)
  );
};
