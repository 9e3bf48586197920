import { claimOf, gridOf, MINUTE_MS, startStage } from '@roamgrid/energy-controller/stage';
import { loadOf } from './station.ts';

/** A station behind a house’s main fuse, run by the controller over served devices. */

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
