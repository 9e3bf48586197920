import { leavesAt, NOW, pricesByHour, startHomeStage } from '@roamgrid/energy-controller/stage';
import type { Row } from '../site/part.ts';

/** HOME-2: whatever changes, the house plans anew by itself; its clock stands still all the while. */

const HOUR_MS = 3_600_000;
const at = (hour: number): number => NOW + (hour - 12) * HOUR_MS;

/** What was done, and the two plans that were in force before and after it. */
interface Replanned {
  readonly what: string;
  readonly cause: string;
  readonly staleCause: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  /** By how much the clock had moved. */
  readonly passedMs: number;
}

export interface ReplansSeen {
  readonly quiet: { readonly ticks: number; readonly plans: number };
  readonly replanned: readonly Replanned[];
  readonly notices: readonly string[];
}

const QUIET_TICKS = 5;

export const liveReplans = async (folder: string): Promise<ReplansSeen> => {
  const house = await startHomeStage({
    ...{ folder, connectionW: 9_000n, loadW: 500n, startMs: at(16) },
    cars: [{ carId: 'a', storedWh: 30_000n, capacityWh: 60_000n, mostW: 7_000n }],
    home: { heatingWPerDegree: '100' },
  });
  try {
    const prices = (cheap: number): unknown =>
      pricesByHour(NOW, 72, (hour) => (hour === cheap ? 50_000n : 300_000n));
    await house.tell('day-ahead', { kind: 'price', version: 1, intervals: prices(3) });
    await house.setCar('a', leavesAt(at(32), 50_000n));
    await house.live(0);
    const first = await house.planned(1);
    for (let tick = 0; tick < QUIET_TICKS; tick += 1) await house.live(0);
    const quiet = { ticks: QUIET_TICKS, plans: (await house.planned(1)).version - first.version };
    await house.tell('outside', { kind: 'temperature', version: 1, atMs: at(16), milliC: 8_000 });
    const replanned: Replanned[] = [];
    const after = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      const before = await house.planned(1);
      const beganMs = house.nowMs();
      await work();
      const plan = await house.planned(before.version + 1);
      const old = await house.planOf(before.version);
      replanned.push({
        ...{ what, cause: plan.cause, staleCause: old.stale?.cause ?? '' },
        ...{ fromVersion: old.version, toVersion: plan.version, passedMs: plan.madeAtMs - beganMs },
      });
    };
    const event = { kind: 'dr-event', version: 1, startMs: at(18), endMs: at(19), reduceW: '3000' };
    await after('an event asks for 3 kW less', () => house.tell('dr', event));
    await after('another price', () =>
      house.tell('day-ahead', { kind: 'price', version: 2, intervals: prices(4) }),
    );
    await after('leaves at seven', () => house.setCar('a', leavesAt(at(31), 50_000n, { version: 2 })));
    const cold = { kind: 'temperature', version: 2, atMs: at(16), milliC: -2_000 };
    await after('ten degrees colder', () => house.tell('outside', cold));
    const surge = { kind: 'grid-demand', version: 1, startMs: at(17), endMs: at(19), demandPermille: 950 };
    await after('the grid is short', () => house.tell('grid', surge));
    const notices = (await house.notices()).map(({ code }) => code).sort();
    return { quiet, replanned, notices };
  } finally {
    await house.close();
  }
};

const EXPECTED = [
  ['an event asks for 3 kW less', 'event'],
  ['another price', 'price'],
  ['leaves at seven', 'plan-change'],
  ['ten degrees colder', 'event'],
  ['the grid is short', 'event'],
] as const;

const isReplanned = ({ quiet, replanned, notices }: ReplansSeen): boolean =>
  quiet.ticks === QUIET_TICKS &&
  quiet.plans === 0 &&
  replanned.length === EXPECTED.length &&
  replanned.every(
    ({ what, cause, staleCause, fromVersion, toVersion, passedMs }, index) =>
      what === EXPECTED[index]?.[0] &&
      cause === EXPECTED[index][1] &&
      staleCause === cause &&
      fromVersion === index + 1 &&
      toVersion === fromVersion + 1 &&
      passedMs === 0,
  ) &&
  notices.join() === 'GRID_SURGE,TEMPERATURE_DROP';

export const replansRows: readonly Row<ReplansSeen>[] = [
  { row: 'HOME-2', is: isReplanned, shows: (seen) => seen },
];
