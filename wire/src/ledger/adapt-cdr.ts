import { allocateMicros, divide, type SessionSplit } from '@roamgrid/domain';
import type { AdaptationInputs, AdaptationRule } from './adaptation-rule.ts';
import type { AgreementTerms } from './consortium.ts';
import { demandOfSession, type IntervalDemand } from './grid-demand.ts';
import type { DemandChunkRecord } from './grid.ts';
import type { EnergyReading } from './session-energy.ts';

/** How measured demand moves a session: one line an interval, conserving every total. */

const PPM = 1_000_000n;
const WH_PER_KWH = 1_000n;

/** The terms that a move is made by. */
export type AdaptiveTerms = Pick<AgreementTerms, 'floorMicrosPerKWh' | 'ceilingMicrosPerKWh'> & {
  readonly adaptation: AdaptationRule;
};

export interface AdaptationInput {
  readonly terms: AdaptiveTerms;
  readonly chunks: readonly DemandChunkRecord[];
  readonly readings: readonly EnergyReading[];
  /** Energy charge by the tariff, before tax and before the negotiated adjustment, and its tax. */
  readonly energyMicros: bigint;
  readonly energyTaxMicros: bigint;
  readonly adjustmentPpm: bigint;
  /** Total with tax before any move, and what it may be at most. */
  readonly totalMicros: bigint;
  readonly capMicros: bigint;
  /** The home and the visited utility's shares of a total. */
  readonly split: (totalMicros: bigint) => SessionSplit;
}

/** One interval's move. */
export interface AdaptationMove {
  readonly inputs: AdaptationInputs;
  readonly movePpm: bigint;
  readonly energyWh: bigint;
  /** The driver's part, and the tax on it. */
  readonly netMicros: bigint;
  readonly taxMicros: bigint;
}

export interface Adapted {
  readonly moves: readonly AdaptationMove[];
  /** Shares of the moved total. */
  readonly shares: SessionSplit;
}

/** Energy until an instant: what two readings enclose flows evenly between them, rounded down. */
const energyUntil = (readings: readonly EnergyReading[], atMs: number): bigint => {
  const after = readings.findIndex((reading) => reading.atMs >= atMs);
  const next = readings[after === -1 ? readings.length - 1 : after];
  const before = after <= 0 ? next : readings[after - 1];
  if (next === undefined || before === undefined) throw new Error('a session has readings');
  const spanMs = BigInt(next.atMs - before.atMs);
  if (next.atMs <= atMs || spanMs === 0n) return next.energyWh;
  const gained = next.energyWh - before.energyWh;
  return before.energyWh + divide(gained * BigInt(atMs - before.atMs), spanMs, 'floor');
};

const bandMove = ({ bands }: AdaptationRule, ratioPpm: bigint): bigint =>
  bands.findLast(({ fromRatioPpm }) => fromRatioPpm <= ratioPpm)?.movePpm ?? 0n;

interface Draft {
  readonly demand: IntervalDemand;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly energyWh: bigint;
  readonly baseMicros: bigint;
  readonly ratioPpm: bigint | undefined;
  readonly movePpm: bigint;
  readonly movedMicros: bigint;
  netMicros: bigint;
  taxMicros: bigint;
  betweenMicros: bigint;
  limitedBy: AdaptationInputs['limitedBy'];
}

/** A move of a base, kept between the agreed floor and ceiling of the energy price; it never turns round. */
const insideLimits = (
  terms: AdaptiveTerms,
  energyWh: bigint,
  baseMicros: bigint,
  wanted: bigint,
): Pick<Draft, 'movedMicros' | 'limitedBy'> => {
  const room =
    wanted > 0n
      ? divide(terms.ceilingMicrosPerKWh * energyWh, WH_PER_KWH, 'floor') - baseMicros
      : baseMicros - divide(terms.floorMicrosPerKWh * energyWh, WH_PER_KWH, 'ceiling');
  const left = room > 0n ? room : 0n;
  const size = wanted > 0n ? wanted : -wanted;
  if (size <= left) return { movedMicros: wanted, limitedBy: 'none' };
  return wanted > 0n
    ? { movedMicros: left, limitedBy: 'ceiling' }
    : { movedMicros: -left, limitedBy: 'floor' };
};

const driverPart = (movedMicros: bigint, { driver }: AdaptationRule): bigint =>
  movedMicros > 0n
    ? divide(movedMicros * driver.upPpm, PPM, 'floor')
    : divide(movedMicros * driver.downPpm, PPM, 'floor');

const drafts = (input: AdaptationInput): Draft[] => {
  const { terms, readings, chunks, energyMicros, energyTaxMicros, adjustmentPpm } = input;
  const rule = terms.adaptation;
  const startMs = readings[0]?.atMs ?? 0;
  const endMs = readings.at(-1)?.atMs ?? 0;
  const spans = demandOfSession(rule, chunks, startMs, endMs)
    .map((demand) => {
      const fromMs = Math.max(startMs, demand.fromMs);
      const untilMs = Math.min(endMs, demand.fromMs + rule.intervalMs);
      return {
        demand,
        fromMs,
        untilMs,
        energyWh: energyUntil(readings, untilMs) - energyUntil(readings, fromMs),
      };
    })
    .filter(({ energyWh }) => energyWh > 0n);
  if (spans.length === 0) return [];
  const bases = allocateMicros(
    energyMicros,
    spans.map(({ energyWh }) => energyWh),
  );
  return spans.map((span, at): Draft => {
    const baseMicros = bases[at] ?? 0n;
    const { demandW } = span.demand;
    const ratioPpm = demandW === undefined ? undefined : divide(demandW * PPM, rule.capacityW, 'floor');
    const movePpm = ratioPpm === undefined ? 0n : bandMove(rule, ratioPpm);
    const limited = insideLimits(
      terms,
      span.energyWh,
      baseMicros,
      divide(baseMicros * movePpm, PPM, 'half-even'),
    );
    const movedMicros = limited.movedMicros + divide(limited.movedMicros * adjustmentPpm, PPM, 'half-even');
    const netMicros = driverPart(movedMicros, rule);
    return {
      ...span,
      baseMicros,
      ratioPpm,
      movePpm,
      movedMicros,
      limitedBy: limited.limitedBy,
      netMicros,
      taxMicros: energyMicros === 0n ? 0n : divide(netMicros * energyTaxMicros, energyMicros, 'half-even'),
      betweenMicros: movedMicros - netMicros,
    };
  });
};

/** Takes upward moves back, the last ones first, until the total is at the consented cap. */
const keepUnderCap = (moves: readonly Draft[], totalMicros: bigint, capMicros: bigint): void => {
  const moved = moves.reduce((sum, { netMicros, taxMicros }) => sum + netMicros + taxMicros, totalMicros);
  let excess = moved - capMicros;
  for (const move of [...moves].reverse()) {
    const gross = move.netMicros + move.taxMicros;
    if (excess <= 0n || gross <= 0n) continue;
    const cut = excess < gross ? excess : gross;
    const taxCut = divide(cut * move.taxMicros, gross, 'half-even');
    move.netMicros -= cut - taxCut;
    move.taxMicros -= taxCut;
    move.betweenMicros += cut - taxCut;
    move.limitedBy = 'cap';
    excess -= cut;
  }
};

/** A utility gives no more than its share of the session: what is beyond is taken back, the last moves first. */
const keepInsideShares = (moves: readonly Draft[], { hun, vun }: SessionSplit): void => {
  const between = moves.reduce((sum, { betweenMicros }) => sum + betweenMicros, 0n);
  let excess = between > 0n ? between - hun : -between - vun;
  for (const move of [...moves].reverse()) {
    const part = between > 0n ? move.betweenMicros : -move.betweenMicros;
    if (excess <= 0n || part <= 0n) continue;
    const cut = excess < part ? excess : part;
    move.betweenMicros -= between > 0n ? cut : -cut;
    move.limitedBy = 'share';
    excess -= cut;
  }
};

/** What measured demand changes about a session. */
export const adaptSession = (input: AdaptationInput): Adapted => {
  const moves = drafts(input);
  keepUnderCap(moves, input.totalMicros, input.capMicros);
  const totalMicros = moves.reduce(
    (sum, { netMicros, taxMicros }) => sum + netMicros + taxMicros,
    input.totalMicros,
  );
  const split = input.split(totalMicros);
  keepInsideShares(moves, split);
  const between = moves.reduce((sum, { betweenMicros }) => sum + betweenMicros, 0n);
  return {
    shares: { ...split, hun: split.hun - between, vun: split.vun + between },
    moves: moves.map((move) => ({
      movePpm: move.movePpm,
      energyWh: move.energyWh,
      netMicros: move.netMicros,
      taxMicros: move.taxMicros,
      inputs: inputsOf(move, input.terms.adaptation),
    })),
  };
};

const inputsOf = (move: Draft, { version }: AdaptationRule): AdaptationInputs => {
  const { fault, readingAtMs, demandW, outcome } = move.demand;
  return {
    ruleVersion: version,
    fromMs: move.fromMs,
    untilMs: move.untilMs,
    outcome,
    ...(fault !== undefined && { fault }),
    ...(readingAtMs !== undefined && { readingAtMs }),
    ...(demandW !== undefined && { demandW }),
    ...(move.ratioPpm !== undefined && { ratioPpm: move.ratioPpm }),
    baseMicros: move.baseMicros,
    movedMicros: move.movedMicros,
    betweenMicros: move.betweenMicros,
    limitedBy: move.limitedBy,
  };
};
