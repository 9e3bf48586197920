import { VEHICLES_FIRST } from '@roamgrid/domain/power';
import { claimOf, MINUTE_MS, NOW, type Stage } from '@roamgrid/energy-controller/stage';
import { powerPolicy } from '@roamgrid/wire';
import { z } from 'zod';
import { flowsOf, loadOf, LOADS, setAvailable, SOURCES, startStation, sum, type Flows } from './station.ts';

/**
 * A day of a station that shares 755 kW with servers, quarter-hour by quarter-hour: a fast charge in the morning, an urgent task before
 * noon while a car charges, a reservation that power is kept for, and an outage of the feed. Watts are decimal strings.
 */

/** What devices' own meters say at an instant, and what was granted by the controller's interface. */
export interface DayStep extends Flows {
  readonly quarter: number;
  /** What the sources have together, by the controller. */
  readonly available: string;
  readonly granted: string;
  /** Kept free for the reservation. */
  readonly held: string;
}

export interface DaySeen {
  readonly steps: readonly DayStep[];
  /** Watt-hours of the whole day by the meters of the devices, rounded down. */
  readonly metersWh: Flows;
}

const QUARTER_MS = 15 * MINUTE_MS;
export const QUARTERS = 96;
/** The quarter-hour of the day that begins so many after an hour. */
export const at = (hour: number, quarter = 0): number => 4 * hour + quarter;

const GRID_W = 500_000n;
const SUN_PEAK_W = 155_000n;
const BATTERY_W = 100_000n;
const POLICY = { ...VEHICLES_FIRST, policyId: 'day', holdAheadMs: QUARTER_MS };

/** Sun from 6 to 18 h, straight up to noon and down again, W. */
const sunOf = (quarter: number): bigint => {
  const fromNoon = BigInt(Math.abs(quarter - at(12)));
  return fromNoon >= 24n ? 0n : (SUN_PEAK_W * (24n - fromNoon)) / 24n;
};

/** What each source has in a quarter-hour, W: the feed is out from 16:00 to 16:45. */
export const sourcesAt = (quarter: number) => ({
  grid: quarter >= at(16) && quarter < at(16, 3) ? 0n : GRID_W,
  sun: sunOf(quarter),
  battery: BATTERY_W,
});

/** The reservation: 150 kW from 13:00 for an hour, told at 9:00. */
const BOOKED_W = 150_000n;
const isBooked = (quarter: number): boolean => quarter >= at(13) && quarter < at(14);
const reserve = (stage: Stage, startMs: number) =>
  stage.request('booked-13', {
    loadId: 'outlet',
    isReservation: true,
    claim: {
      ...{ kind: 'charge', nodeId: 'outlet', minW: '0', maxW: BOOKED_W.toString(), mode: 'regular' },
      fromMs: startMs + at(13) * QUARTER_MS,
      untilMs: startMs + at(14) * QUARTER_MS,
      claimId: 'booked',
    },
  });

/** What the car at the outlet asks for. */
const carOf = (quarter: number, nowMs: number) => {
  const fast = (state: 'starting' | 'in-progress' | 'finishing') => [
    claimOf('car', 'outlet', 650_000n, { mode: 'fast', state }),
  ];
  if (isBooked(quarter))
    return [claimOf('booked', 'outlet', BOOKED_W, { mode: 'regular', arrivedMs: nowMs })];
  if (quarter === at(8)) return fast('starting');
  if (quarter === at(8, 1) || quarter === at(8, 2)) return fast('in-progress');
  if (quarter === at(8, 3)) return fast('finishing');
  // Another one stays from 10:30 until noon, and one from 15:30 on through the outage.
  if (quarter >= at(10, 2) && quarter < at(12)) return fast('in-progress');
  if (quarter >= at(15, 2) && quarter < at(18)) return fast('in-progress');
  return [];
};

const serversOf = (quarter: number) => {
  const isUrgent = quarter === at(11) || quarter === at(11, 1);
  return [
    claimOf('tasks', 'servers', 400_000n, {
      ...{ kind: 'compute', standbyW: 20n, criticalW: 5_000n, urgency: isUrgent ? 'urgent' : 'ordinary' },
    }),
  ];
};

const readStep = async (stage: Stage, quarter: number): Promise<DayStep> => {
  const { availableW, grantedW, kept } = await stage.view();
  return {
    quarter,
    ...flowsOf(stage),
    available: availableW.toString(),
    granted: grantedW.toString(),
    held: sum(kept.map(({ heldW }) => heldW)).toString(),
  };
};

/** Lives the day through on a controller that serves, over devices that serve. */
export const liveDay = async (folder: string): Promise<DaySeen> => {
  const stage = await startStation(folder, {
    policyId: POLICY.policyId,
    policies: [z.encode(powerPolicy, structuredClone(POLICY) as z.output<typeof powerPolicy>)],
    tickMs: QUARTER_MS,
    grantMs: 4 * QUARTER_MS,
  });
  try {
    const steps: DayStep[] = [];
    for (let quarter = 0; quarter < QUARTERS; quarter += 1) {
      // Time passes with what was granted before; then the world changes, and within the same instant the site follows.
      if (quarter > 0) stage.pass(QUARTER_MS);
      if (quarter === at(9)) await reserve(stage, NOW);
      stage.plant.settle();
      for (const [source, watts] of Object.entries(sourcesAt(quarter))) setAvailable(stage, source, watts);
      loadOf(stage, 'outlet').claims = carOf(quarter, stage.nowMs());
      loadOf(stage, 'servers').claims = serversOf(quarter);
      await stage.step(0);
      steps.push(await readStep(stage, quarter));
    }
    stage.pass(QUARTER_MS);
    const metersWh = Object.fromEntries(
      [...LOADS, ...SOURCES].map((id) => [id, stage.plant.meterWh(id).toString()]),
    ) as Flows;
    return { steps, metersWh };
  } finally {
    await stage.close();
  }
};
