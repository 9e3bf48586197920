import type { Verdict } from './judge.ts';
import type { ChaosPlan, FaultKind } from './plan.ts';
import type { Struck } from './strike.ts';
import type { Watch } from './watch.ts';

/** Everything is back within this, by itself. */
export const LONGEST_OUTAGE_SECONDS = 30;
const PARTS_TIMES_PER_1000 = 3;
const STATION = /^station\/(.*)$/;

export interface Skipped {
  readonly kind: FaultKind;
  readonly planned: number;
  readonly reason: string;
}

export interface StruckFault {
  readonly number: number;
  readonly kind: FaultKind;
  readonly target: string;
  readonly atSeconds: number;
  readonly lastedSeconds: number;
  readonly isInSession: boolean;
  /** Absent when nobody tried any more. */
  readonly outageSeconds?: number;
}

export interface ChaosReport {
  readonly seed: number;
  readonly ledger: string;
  readonly sessions: number;
  /** Drivers who charged. */
  readonly charged: number;
  readonly settled: number;
  /** Closed as what nobody pays for, with a reason. */
  readonly unbilled: number;
  readonly faults: number;
  readonly byPart: Readonly<Record<string, number>>;
  readonly byKind: Readonly<Record<string, number>>;
  /** Of the faults, how many in a hundred struck while a session was authorised or charged. */
  readonly inSessionPercent: number;
  readonly skipped: readonly Skipped[];
  readonly lost: number;
  readonly billedTwice: number;
  readonly leftOpen: number;
  readonly exact: boolean;
  readonly sums: Readonly<Record<'ledgerMicros' | 'reRatedMicros' | 'invoiceMicros' | 'billMicros', bigint>>;
  readonly chain: 'verified' | 'broken';
  readonly longestOutageSeconds: number;
  /** After the last driver left, until nothing was open. */
  readonly settledAfterSeconds: number;
  readonly runSeconds: number;
  readonly findings: readonly string[];
  readonly struck: readonly StruckFault[];
  readonly plan: ChaosPlan;
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** The station that a part is; undefined for what every swipe needs. */
export const stationOf = (target: string): string | undefined => STATION.exec(target)?.[1]?.toUpperCase();

const counts = (names: readonly string[], all: readonly string[]): Record<string, number> =>
  Object.fromEntries(all.map((name) => [name, names.filter((one) => one === name).length]));

/** What the faults were and how long nobody was served after each. */
export function faultFigures(
  struck: readonly Struck[],
  parts: readonly string[],
  watch: Watch,
  beganMs: number,
) {
  const list = struck.map(
    ({ fault: { number, kind, target }, fromMs, untilMs, isInSession }): StruckFault => {
      const outageMs = watch.outageMs(untilMs, stationOf(target));
      return {
        number,
        kind,
        target,
        atSeconds: seconds(fromMs - beganMs),
        lastedSeconds: seconds(untilMs - fromMs),
        isInSession,
        ...(outageMs === undefined ? {} : { outageSeconds: seconds(outageMs) }),
      };
    },
  );
  const inSession = list.filter((one) => one.isInSession).length;
  return {
    faults: list.length,
    byPart: counts(
      list.map(({ target }) => target),
      parts,
    ),
    byKind: counts(
      list.map(({ kind }) => kind),
      [...new Set(list.map(({ kind }) => kind))].sort(),
    ),
    inSessionPercent: list.length === 0 ? 0 : Math.floor((inSession * 100) / list.length),
    longestOutageSeconds: Math.max(0, ...list.map(({ outageSeconds = 0 }) => outageSeconds)),
    struck: list,
  };
}

/** What does not hold, beside how long machines took. */
export function failures(report: ChaosReport): readonly string[] {
  const { sessions, charged, lost, billedTwice, leftOpen, exact, chain, inSessionPercent, byPart } = report;
  const least = Math.floor((sessions * PARTS_TIMES_PER_1000) / 1_000);
  const rare = Object.entries(byPart).filter(([, times]) => times < least);
  return [
    ...(charged === sessions ? [] : [`${sessions - charged} drivers could not charge`]),
    ...(lost === 0 ? [] : [`${lost} lost`]),
    ...(billedTwice === 0 ? [] : [`${billedTwice} billed twice`]),
    ...(leftOpen === 0 ? [] : [`${leftOpen} left open`]),
    ...(exact ? [] : ['the sums differ']),
    ...(chain === 'verified' ? [] : ['the chain is broken']),
    ...(inSessionPercent >= 50 ? [] : ['less than half of the faults struck during a session']),
    ...rare.map(([part, times]) => `${part} was struck ${times} times only`),
  ];
}

export const isOutageShort = ({ longestOutageSeconds }: ChaosReport): boolean =>
  longestOutageSeconds <= LONGEST_OUTAGE_SECONDS;

export type Judged = Verdict & Pick<ChaosReport, 'sums' | 'exact' | 'settled' | 'unbilled'>;
