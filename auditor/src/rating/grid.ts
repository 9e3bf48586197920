import type { ValueObject } from '../json.ts';
import type { DemandChunk } from '../session/records.ts';
import type { GridRule, Shares, Terms } from '../session/terms.ts';
import { demandAt, type Interval } from './demand.ts';
import { ceiling, floor, isLess, minus, nearestEven, over } from './fraction.ts';
import type { Reading } from './usage.ts';

/** How measured grid demand moves a session's price, by the rule that the parties agreed. */

const PPM = 1_000_000n;

export interface GridInput {
  readonly terms: Terms;
  readonly rule: GridRule;
  readonly chunks: readonly DemandChunk[];
  readonly readings: readonly Reading[];
  readonly energyMicros: bigint;
  readonly energyTaxMicros: bigint;
  readonly adjustmentPpm: bigint;
  readonly totalMicros: bigint;
  readonly capMicros: bigint;
}

export interface Move {
  readonly movePpm: bigint;
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
  readonly inputs: ValueObject;
}

/** Energy until an instant, evenly between two readings. */
const energyUntil = (readings: readonly Reading[], atMs: number): bigint => {
  const before = readings.findLast((reading) => reading.atMs < atMs);
  const next = readings.find((reading) => reading.atMs >= atMs);
  if (before === undefined) return readings[0]?.energyWh ?? 0n;
  if (next === undefined) return before.energyWh;
  const gained = next.energyWh - before.energyWh;
  return before.energyWh + floor(over(gained * BigInt(atMs - before.atMs), BigInt(next.atMs - before.atMs)));
};

/** A total by weights, the micros left over to the largest remainders. */
const byWeights = (total: bigint, weights: readonly bigint[]): readonly bigint[] => {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  const sign = total < 0n ? -1n : 1n;
  const exact = weights.map((weight) => over(total * sign * weight, whole));
  const given = exact.map(floor);
  const left = total * sign - given.reduce((sum, each) => sum + each, 0n);
  const order = exact
    .map((part, index) => ({ index, rest: minus(part, over(given[index] ?? 0n)) }))
    .sort((a, b) => (isLess(a.rest, b.rest) ? 1 : isLess(b.rest, a.rest) ? -1 : a.index - b.index));
  for (const { index } of order.slice(0, Number(left))) given[index] = (given[index] ?? 0n) + 1n;
  return given.map((each) => each * sign);
};

interface Draft {
  readonly interval: Interval;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly baseMicros: bigint;
  readonly ratioPpm: bigint | undefined;
  readonly movePpm: bigint;
  readonly movedMicros: bigint;
  netMicros: bigint;
  taxMicros: bigint;
  betweenMicros: bigint;
  limitedBy: string;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A wanted move kept between floor and ceiling of the energy price. */
const kept = (
  { ceilingMicrosPerKWh, floorMicrosPerKWh }: Terms,
  energyWh: bigint,
  baseMicros: bigint,
  wanted: bigint,
): readonly [bigint, string] => {
  if (wanted > 0n) {
    const room = floor(over(ceilingMicrosPerKWh * energyWh, 1_000n)) - baseMicros;
    return wanted <= room ? [wanted, 'none'] : [room > 0n ? room : 0n, 'ceiling'];
  }
  const room = baseMicros - ceiling(over(floorMicrosPerKWh * energyWh, 1_000n));
  if (-wanted <= (room > 0n ? room : 0n)) return [wanted, 'none'];
  return [room > 0n ? -room : 0n, 'floor'];
};

const draftsOf = (input: GridInput): Draft[] => {
  const { terms, rule, readings, chunks, energyMicros, energyTaxMicros, adjustmentPpm } = input;
  const startMs = readings[0]?.atMs ?? 0;
  const endMs = readings.at(-1)?.atMs ?? 0;
  const spans = demandAt(rule, chunks, startMs, endMs)
    .map((interval) => {
      const fromMs = Math.max(startMs, interval.fromMs);
      const untilMs = Math.min(endMs, interval.fromMs + rule.intervalMs);
      return {
        interval,
        fromMs,
        untilMs,
        energyWh: energyUntil(readings, untilMs) - energyUntil(readings, fromMs),
      };
    })
    .filter(({ energyWh }) => energyWh > 0n);
  const bases =
    spans.length === 0
      ? []
      : byWeights(
          energyMicros,
          spans.map(({ energyWh }) => energyWh),
        );
  return spans.map(({ interval, fromMs, untilMs, energyWh }, at): Draft => {
    const baseMicros = bases[at] ?? 0n;
    const { demandW } = interval;
    const ratioPpm = demandW === undefined ? undefined : floor(over(demandW * PPM, rule.capacityW));
    const band =
      ratioPpm === undefined
        ? undefined
        : rule.bands.findLast(({ fromRatioPpm }) => fromRatioPpm <= ratioPpm);
    const movePpm = band?.movePpm ?? 0n;
    const [limited, limitedBy] = kept(
      terms,
      energyWh,
      baseMicros,
      nearestEven(over(baseMicros * movePpm, PPM)),
    );
    const movedMicros = limited + nearestEven(over(limited * adjustmentPpm, PPM));
    const netMicros = floor(over(movedMicros * (movedMicros > 0n ? rule.upPpm : rule.downPpm), PPM));
    return {
      ...{ interval, fromMs, untilMs, baseMicros, ratioPpm, movePpm, movedMicros, netMicros, limitedBy },
      taxMicros: energyMicros === 0n ? 0n : nearestEven(over(netMicros * energyTaxMicros, energyMicros)),
      betweenMicros: movedMicros - netMicros,
    };
  });
};

/** What is above the cap is taken back, the last moves first. */
const underCap = (moves: readonly Draft[], totalMicros: bigint, capMicros: bigint): void => {
  let excess = moves.reduce((sum, move) => sum + move.netMicros + move.taxMicros, totalMicros) - capMicros;
  for (const move of moves.toReversed()) {
    const gross = move.netMicros + move.taxMicros;
    if (excess <= 0n || gross <= 0n) continue;
    const cut = least(excess, gross);
    const taxCut = nearestEven(over(cut * move.taxMicros, gross));
    move.netMicros -= cut - taxCut;
    move.taxMicros -= taxCut;
    move.betweenMicros += cut - taxCut;
    move.limitedBy = 'cap';
    excess -= cut;
  }
};

const betweenOf = (moves: readonly Draft[]): bigint =>
  moves.reduce((sum, move) => sum + move.betweenMicros, 0n);

/** A utility gives no more than its own share. */
const insideShares = (moves: readonly Draft[], { hun, vun }: Shares): void => {
  const between = betweenOf(moves);
  const sign = between > 0n ? 1n : -1n;
  let excess = between > 0n ? between - hun : -between - vun;
  for (const move of moves.toReversed()) {
    const part = move.betweenMicros * sign;
    if (excess <= 0n || part <= 0n) continue;
    const cut = least(excess, part);
    move.betweenMicros -= cut * sign;
    move.limitedBy = 'share';
    excess -= cut;
  }
};

const inputsOf = (move: Draft, { version }: GridRule): ValueObject => {
  const { fault, readingAtMs, demandW, outcome } = move.interval;
  const { fromMs, untilMs, ratioPpm, baseMicros, movedMicros, betweenMicros, limitedBy } = move;
  return {
    ...{ ruleVersion: version, fromMs, untilMs, outcome, fault, readingAtMs, demandW, ratioPpm },
    ...{ baseMicros, movedMicros, betweenMicros, limitedBy },
  };
};

/** What grid demand changes about a session. */
export const moved = (
  input: GridInput,
  split: (totalMicros: bigint) => Shares,
): { readonly moves: readonly Move[]; readonly shares: Shares } => {
  const moves = draftsOf(input);
  underCap(moves, input.totalMicros, input.capMicros);
  const shares = split(moves.reduce((sum, move) => sum + move.netMicros + move.taxMicros, input.totalMicros));
  insideShares(moves, shares);
  const between = betweenOf(moves);
  return {
    moves: moves.map((move) => ({
      movePpm: move.movePpm,
      netMicros: move.netMicros,
      taxMicros: move.taxMicros,
      inputs: inputsOf(move, input.rule),
    })),
    shares: { ...shares, hun: shares.hun - between, vun: shares.vun + between },
  };
};
