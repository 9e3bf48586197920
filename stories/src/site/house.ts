import { claimOf, gridOf, MINUTE_MS, startStage, type Stage } from '@roamgrid/energy-controller/stage';
import { loadOf, setAvailable } from './station.ts';

/** A car that feeds the servers, and a station behind a house’s main fuse, each run by the controller over served devices. */

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
}

const FLOOR_WH = 39_900n;
const STORED_WH = 40_000n;

const feedingReading = ({ plant }: Stage): FeedingReading => ({
  gridHas: (plant.sources.get('grid')?.source.availableW ?? 0n).toString(),
  grid: plant.givesW('grid').toString(),
  car: plant.givesW('car-battery').toString(),
  servers: plant.takesW('servers').toString(),
  outlet: plant.takesW('outlet').toString(),
  storedWh: (plant.sources.get('car-battery')?.source.store?.storedWh ?? 0n).toString(),
});

/** SITE-7: its user lets the car give 10 kW, the operator 8; the grid goes away and comes back; the car begins to charge. */
export const liveSite7 = async (folder: string): Promise<Site7Seen> => {
  const stage = await startStage({
    folder,
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
      },
    ],
    site: { tickMs: 30_000, grantMs: 100_000 },
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
      await stage.step(30_000);
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
    return { readings, givenWh: givenWh.toString(), missingWh: missingWh.toString() };
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
    givenWattMs += BigInt(car) * 30_000n;
    return storedWh;
  });
};

/** Never above 8 kW, servers fed by the car alone in the outage, down to what its user keeps, and nothing once it charges. */
export const isSite7 = ({ readings, givenWh, missingWh }: Site7Seen): boolean => {
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
    givenWh === missingWh
  );
};

export interface Site8Seen {
  /** Through a day: what the house takes, what the car has a second later, and what flows through the fuse. */
  readonly day: readonly { readonly house: string; readonly car: string; readonly fuse: string }[];
}

const FUSE_W = 10_000n;
const DAY_STEPS = 48;
const DAY_MINUTES = 1_440;

/** SITE-8: appliances come and go; the car has what they leave of 10 kW. */
export const liveSite8 = async (folder: string): Promise<Site8Seen> => {
  const stage = await startStage({
    folder,
    nodes: [
      { nodeId: 'main', kind: 'connection', hard: { totalW: FUSE_W.toString() } },
      { nodeId: 'house', kind: 'circuit', parentId: 'main' },
      { nodeId: 'wallbox', kind: 'outlet', parentId: 'main' },
    ],
    sources: [{ source: gridOf(50_000n, 'main'), isTold: false }],
    loads: [
      { loadId: 'house', nodeId: 'house', aloneW: 0n, claims: [] },
      {
        ...{ loadId: 'wallbox', nodeId: 'wallbox', aloneW: 0n },
        claims: [claimOf('car', 'wallbox', 11_000n)],
      },
    ],
  });
  try {
    const { plant } = stage;
    const house = loadOf(stage, 'house');
    const day: Site8Seen['day'][number][] = [];
    for (let at = 0; at < DAY_STEPS; at += 1) {
      // 3 kW and an oven of 4 at first, then whatever a day brings.
      const takesW = at < 2 ? BigInt(3_000 + 4_000 * at) : BigInt((at * 7_919) % 9_500);
      const circuit = { kind: 'circuit', preemptible: false, priority: 1 } as const;
      house.claims = [claimOf('appliances', 'house', takesW, circuit)];
      house.stubbornW = takesW;
      await stage.step();
      day.push({
        house: plant.takesW('house').toString(),
        car: plant.takesW('wallbox').toString(),
        fuse: plant.givesW('grid').toString(),
      });
      stage.pass((DAY_MINUTES / DAY_STEPS) * MINUTE_MS - 1_000);
    }
    return { day };
  } finally {
    await stage.close();
  }
};

/** The fuse carries its 10 kW and no more, whatever the house takes. */
export const isSite8 = ({ day }: Site8Seen): boolean =>
  day.length === DAY_STEPS &&
  day[0]?.car === '7000' &&
  day[1]?.car === '3000' &&
  day.every(
    ({ house, car, fuse }) =>
      BigInt(fuse) <= FUSE_W && BigInt(house) + BigInt(car) === BigInt(fuse) && BigInt(fuse) === FUSE_W,
  );
