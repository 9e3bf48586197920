import type { BreakerCode, PanelBreaker, PanelReport } from '@roamgrid/wire';

/** A breaker as it is taken to be, whatever it says of itself. */
export interface Breaker extends PanelBreaker {
  readonly position: 'open' | 'closed' | 'unknown';
  readonly measuredW: bigint;
  /** Most that it may be taking, or would take when it is closed, W. */
  readonly countedW: bigint;
  /** What it takes cannot be changed now: it is counted before all others. */
  readonly isFixed: boolean;
  readonly code?: BreakerCode;
}

export interface Panel {
  readonly heardAtMs: number;
  readonly mainW: bigint;
  readonly breakers: readonly Breaker[];
  readonly unmeteredW: bigint;
  readonly code?: BreakerCode;
  readonly rooms: PanelReport['rooms'];
  readonly temperatureMilliC: number | undefined;
}

/** What was known of a breaker before. */
export interface Known {
  readonly line: PanelBreaker;
  readonly position: 'open' | 'closed' | 'unknown';
  /** What it took when it was last seen closed and taking something, W. */
  readonly lastW: bigint | undefined;
  /** Until then what it was told, and did not do, is not told again, ms. */
  readonly refusesUntilMs: number;
}

/** A breaker that was not heard for longer does not answer, ms. */
const SILENT_MS = 10_000;
/** What a breaker that is open may measure, W. */
const OPEN_TOLERANCE_W = 20n;
/** What the main meter may differ by, W, or parts per hundred of it. */
const MAIN_TOLERANCE_W = 50n;
const MAIN_TOLERANCE_PERCENT = 3n;
/** A breaker that is closed and idle asks for this: to have nothing is to be opened. */
const IDLE_W = 1n;

const most = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b));

type Said = PanelReport['breakers'][number];

const silent = ({ line, position, lastW }: Known): Breaker => ({
  ...line,
  ...{ position: 'unknown', measuredW: 0n, isFixed: true, code: 'NO_ANSWER' },
  // As it was last seen; one that was never seen may take all that it carries.
  countedW: position === 'open' ? 0n : (lastW ?? line.ratedW),
});

const heard = (
  { heardAtMs: _heardAtMs, ...said }: Said,
  known: Known | undefined,
  nowMs: number,
): Breaker => {
  const { position, measuredW, ratedW } = said;
  if (position === 'open')
    return measuredW > OPEN_TOLERANCE_W
      ? { ...said, position: 'unknown', countedW: measuredW, isFixed: true, code: 'OPEN_WITH_POWER' }
      : { ...said, countedW: known?.lastW ?? ratedW, isFixed: false };
  const countedW = most(measuredW, IDLE_W);
  return nowMs < (known?.refusesUntilMs ?? 0)
    ? { ...said, countedW, isFixed: true, code: 'REFUSED' }
    : { ...said, countedW, isFixed: false };
};

const takesW = ({ position, countedW }: Breaker): bigint => (position === 'open' ? 0n : countedW);

/**
 * What a panel's report comes to. A breaker that does not answer takes what it last took; one that says that it is open and measures
 * something takes that; one that did not open goes on taking. Where the main meter is above the breakers, somebody takes the difference,
 * and those that are closed without power are named; where it is below, the breakers are believed.
 */
export const judge = (report: PanelReport, known: ReadonlyMap<string, Known>, nowMs: number): Panel => {
  const said = new Map(report.breakers.map((one) => [one.breakerId, one]));
  const isHeard = (one: Said): boolean => nowMs - one.heardAtMs <= SILENT_MS;
  const lines = [...report.breakers.filter(isHeard).map((one) => one.breakerId), ...known.keys()];
  const breakers = [...new Set(lines)].sort().flatMap((breakerId): readonly Breaker[] => {
    const [one, before] = [said.get(breakerId), known.get(breakerId)];
    if (one !== undefined && isHeard(one)) return [heard(one, before, nowMs)];
    return before === undefined ? [] : [silent(before)];
  });
  const sumW = breakers.reduce((sum, one) => sum + takesW(one), 0n);
  const toleranceW = most(MAIN_TOLERANCE_W, (report.mainW * MAIN_TOLERANCE_PERCENT) / 100n);
  const isAbove = report.mainW > sumW + toleranceW;
  const isBelow = sumW > report.mainW + toleranceW;
  return {
    heardAtMs: report.measuredAtMs,
    mainW: report.mainW,
    breakers: breakers.map((one) =>
      isAbove && one.code === undefined && one.position === 'closed' && one.measuredW === 0n
        ? { ...one, code: 'CLOSED_WITHOUT_POWER' }
        : one,
    ),
    unmeteredW: isAbove ? report.mainW - sumW : 0n,
    ...(isAbove && { code: 'MAIN_ABOVE_BREAKERS' as const }),
    ...(isBelow && { code: 'MAIN_BELOW_BREAKERS' as const }),
    rooms: report.rooms,
    temperatureMilliC: report.temperatureMilliC,
  };
};
