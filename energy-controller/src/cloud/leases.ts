/** What a site may take of a pool for a while. */
export interface Lease {
  readonly limitW: bigint;
  readonly lapsesAtMs: number;
}

/** A site's part in a pool, and what it may be holding. */
export interface Part {
  readonly siteId: string;
  /** What it takes when it holds no lease, W: the local rule. */
  readonly staticW: bigint;
  /** What it said that it holds. */
  readonly held: Lease | undefined;
  /** What it was answered last: nobody knows whether that arrived. */
  readonly answered: Lease | undefined;
}

export interface LeaseTimes {
  /** How long a lease lasts, ms; one below the static part lasts twice as long. */
  readonly leaseMs: number;
  /** By how much a site's clock may be off. */
  readonly slackMs: number;
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Until when a lease counts: what is above the static part for longer, what is below it for less long than it says. */
const countsUntilMs = ({ limitW, lapsesAtMs }: Lease, staticW: bigint, slackMs: number): number =>
  limitW > staticW ? lapsesAtMs + slackMs : lapsesAtMs - slackMs;

const atOf = (lease: Lease | undefined, { staticW }: Part, atMs: number, slackMs: number): bigint =>
  lease !== undefined && atMs < countsUntilMs(lease, staticW, slackMs) ? lease.limitW : staticW;

/** Most that a site may be taking at an instant to come, W. */
export const mostAtW = (part: Part, atMs: number, { slackMs }: LeaseTimes): bigint => {
  const heldW = atOf(part.held, part, atMs, slackMs);
  return part.answered === undefined ? heldW : max(heldW, atOf(part.answered, part, atMs, slackMs));
};

/** Instants from now on at which somebody's part changes by itself. */
const changesMs = (parts: readonly Part[], nowMs: number, { slackMs }: LeaseTimes): readonly number[] => {
  const ends = parts.flatMap(({ held, answered, staticW }) =>
    [held, answered].flatMap((lease) =>
      lease === undefined ? [] : [countsUntilMs(lease, staticW, slackMs)],
    ),
  );
  return [nowMs, ...ends.filter((atMs) => atMs > nowMs).sort((a, b) => a - b)];
};

/**
 * What a site is answered now: as much of what it should have as the others leave at every instant of the lease, whichever of their answers
 * arrived and whichever of their leases lapse meanwhile. After it there is room for its static part again, or the lease is longer. So the
 * parts never add up to more than the pool, as long as they did not before.
 */
export const leaseFor = (
  part: Part,
  others: readonly Part[],
  {
    poolW,
    targetW,
    nowMs,
    times,
  }: {
    readonly poolW: bigint;
    readonly targetW: bigint;
    readonly nowMs: number;
    readonly times: LeaseTimes;
  },
): Lease => {
  const { leaseMs, slackMs } = times;
  const instants = changesMs(others, nowMs, times);
  const roomAtW = (atMs: number): bigint =>
    poolW - others.reduce((sum, other) => sum + mostAtW(other, atMs, times), 0n);
  const leastRoomW = (untilMs: number): bigint =>
    instants.filter((atMs) => atMs < untilMs).reduce((least, atMs) => min(least, roomAtW(atMs)), poolW);

  const shortMs = nowMs + leaseMs;
  const raisedW = min(targetW, leastRoomW(shortMs + slackMs));
  const isRoomAfter = instants.every((atMs) => atMs < shortMs || roomAtW(atMs) >= part.staticW);
  if (raisedW >= part.staticW && isRoomAfter) return { limitW: raisedW, lapsesAtMs: shortMs };

  // Below its static part: until there is room for that again, and for long enough that others can go by it.
  const lastNarrow = instants.findLastIndex((atMs) => roomAtW(atMs) < part.staticW);
  const roomFromMs = instants[lastNarrow + 1] ?? nowMs;
  const longMs = Math.max(nowMs + 2 * leaseMs, roomFromMs + slackMs);
  const loweredW = max(0n, min(targetW, leastRoomW(longMs)));
  return { limitW: min(loweredW, part.staticW), lapsesAtMs: longMs };
};
