import type { Car } from './cars.ts';
import type { SolveTimes } from '../solver/timed-solver.ts';
import { rankedAt } from '../ranked.ts';
import type { Run, Step } from './run.ts';
import { levelsOf, MINUTES_PER_HOUR, stepMsOf, type Site } from './site.ts';
import { weekBegins, weekOf } from './week.ts';

/** What electricity costs at an instant. */
export interface Pricing {
  energyMicrosPerKWh(atMs: number): bigint;
  /** For the highest mean power of a step in each calendar month; its key tells the months apart. */
  peakMicrosPerKW(atMs: number): { readonly month: string; readonly micros: bigint };
}

export interface Week {
  /** Monday, UTC. */
  readonly from: string;
  readonly deliveredWh: bigint;
}

/** Steps in a row that were decided alike. */
export interface Reason {
  readonly from: string;
  readonly steps: number;
  readonly decidedBy: Step['decidedBy'];
  readonly why?: string;
}

export interface SimulationReport {
  readonly sessions: number;
  /** Sessions whose energy is more than an outlet gives in the steps of their stay. */
  readonly beyondStay: number;
  readonly requestedWh: bigint;
  readonly deliveredWh: bigint;
  /** Bound from above by the linear programme that knows everything: see `optimumOf`. */
  readonly optimumWh: bigint;
  /** Steps in which a phase or the site was over its limit. */
  readonly violations: number;
  readonly peakW: bigint;
  readonly cost?: { readonly energyMicros: bigint; readonly peakMicros: bigint };
  /** A tenth of the sessions got no more of their request than this, percent. */
  readonly servedP10Percent: number;
  /** Of the steps in which a limit bound. */
  readonly plannedShare: number;
  /** How long a solve took; null without one. */
  readonly solveMs: SolveTimes;
  readonly steps: Readonly<Record<Step['decidedBy'], number>>;
  readonly reasons: readonly Reason[];
  readonly weeks: readonly Week[];
  /** What the sessions took is what the steps gave, to the watt-minute. */
  readonly isExact: boolean;
}

const WATTS_PER_KILOWATT = 1_000n;

/** Watt-minutes as watt-hours, rounded down. */
const whOf = (wattMinutes: number): bigint => BigInt(wattMinutes) / BigInt(MINUTES_PER_HOUR);

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

const weeksOf = (steps: readonly Step[], stepMs: number): readonly Week[] => {
  const taken = new Map<number, number>();
  for (const one of steps) {
    const week = weekOf(one.step * stepMs);
    taken.set(week, (taken.get(week) ?? 0) + one.taken);
  }
  return [...taken]
    .sort(([a], [b]) => a - b)
    .map(([week, wattMinutes]) => ({
      from: new Date(weekBegins(week)).toISOString().slice(0, 10),
      deliveredWh: whOf(wattMinutes),
    }));
};

const reasonsOf = (steps: readonly Step[], stepMs: number): readonly Reason[] => {
  const reasons: { from: string; steps: number; decidedBy: Step['decidedBy']; why?: string }[] = [];
  let next = NaN;
  for (const { step, decidedBy, why } of steps) {
    const last = reasons.at(-1);
    if (last?.decidedBy === decidedBy && last.why === why && step === next) last.steps += 1;
    else
      reasons.push({
        from: new Date(step * stepMs).toISOString(),
        steps: 1,
        decidedBy,
        ...(why !== undefined && { why }),
      });
    next = step + 1;
  }
  return reasons;
};

/** Energy and peaks, rounded half up once at the end. */
const costOf = (
  steps: readonly Step[],
  site: Site,
  pricing: Pricing,
): NonNullable<SimulationReport['cost']> => {
  const stepMs = stepMsOf(site);
  let energy = 0n;
  const peaks = new Map<string, { level: number; micros: bigint }>();
  for (const { step, taken } of steps) {
    energy += BigInt(taken) * pricing.energyMicrosPerKWh(step * stepMs);
    const { month, micros } = pricing.peakMicrosPerKW(step * stepMs);
    const peak = peaks.get(month) ?? { level: 0, micros };
    peak.level = Math.max(peak.level, taken / site.stepMinutes);
    peaks.set(month, peak);
  }
  const perKWh = BigInt(MINUTES_PER_HOUR) * WATTS_PER_KILOWATT;
  const peakMicros = [...peaks.values()].reduce(
    (total, { level, micros }) =>
      total + (BigInt(Math.ceil(level)) * micros + WATTS_PER_KILOWATT / 2n) / WATTS_PER_KILOWATT,
    0n,
  );
  return { energyMicros: (energy + perKWh / 2n) / perKWh, peakMicros };
};

export const reportOf = (
  cars: readonly Car[],
  site: Site,
  { steps, drawn }: Run,
  optimum: number,
  { pricing, solveMs }: { readonly pricing?: Pricing; readonly solveMs: SolveTimes },
): SimulationReport => {
  const stepMs = stepMsOf(site);
  const count = (by: Step['decidedBy']): number => steps.filter(({ decidedBy }) => decidedBy === by).length;
  const [planned, ruled] = [count('plan'), count('rule')];
  const delivered = sum(drawn);
  const { most } = levelsOf(site);
  return {
    sessions: cars.length,
    beyondStay: cars.filter(
      ({ need, firstStep, endStep }) => need > most * site.stepMinutes * Math.max(0, endStep - firstStep),
    ).length,
    requestedWh: cars.reduce((total, { stay }) => total + stay.energyWh, 0n),
    deliveredWh: whOf(delivered),
    optimumWh: whOf(optimum),
    violations: steps.filter(({ isOver }) => isOver).length,
    peakW: BigInt(Math.ceil(steps.reduce((most, { taken }) => Math.max(most, taken), 0) / site.stepMinutes)),
    ...(pricing !== undefined && { cost: costOf(steps, site, pricing) }),
    servedP10Percent: rankedAt(
      cars.map(({ need }, place) => (need === 0 ? 100 : (100 * (drawn[place] ?? 0)) / need)),
      0.1,
    ),
    plannedShare: planned + ruled === 0 ? 0 : planned / (planned + ruled),
    solveMs,
    steps: { open: count('open'), rule: ruled, plan: planned },
    reasons: reasonsOf(steps, stepMs),
    weeks: weeksOf(steps, stepMs),
    isExact: delivered === sum(steps.map(({ taken }) => taken)),
  };
};
