/** Steps above its static part that a house was given, by phase and slot. */
export interface Bound {
  readonly agreement: number;
  readonly startMs: number;
  readonly slotMs: number;
  readonly steps: readonly (readonly bigint[])[];
  /** The houses that agreed. */
  readonly houses: readonly string[];
  /** Whether all others are known to have lowered their limits to it. */
  readonly isWhole: boolean;
}

/** What survives a crash. */
export interface KeptLimits {
  readonly bounds: readonly Bound[];
  /** Until when a house may hold what was agreed with it. */
  readonly heldUntilMs: Readonly<Record<string, number>>;
}

const endOf = ({ startMs, slotMs, steps }: Bound): number => startMs + slotMs * (steps[0]?.length ?? 0);

/** Until when a house may hold what it agreed to. */
export const heldUntil = ({ heldUntilMs }: KeptLimits, houseId: string): number => heldUntilMs[houseId] ?? 0;

/**
 * A house agrees: from now on it takes no more than before and no more than is agreed. It may rise to what is agreed when all others have said
 * the same (`whole`): so lowering comes first, whoever goes away meanwhile.
 */
export const agreed = (kept: KeptLimits, bound: Bound, nowMs: number): KeptLimits => ({
  bounds: [...kept.bounds.filter((one) => endOf(one) > nowMs && one.agreement !== bound.agreement), bound],
  heldUntilMs: {
    ...kept.heldUntilMs,
    ...Object.fromEntries(
      bound.houses.map((houseId) => [houseId, Math.max(heldUntil(kept, houseId), endOf(bound))]),
    ),
  },
});

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const stepsOf = (bounds: readonly Bound[], lane: number, atMs: number): bigint =>
  bounds.reduce((steps, bound) => {
    if (atMs < bound.startMs || atMs >= endOf(bound)) return steps;
    const given = bound.steps[lane]?.[Math.floor((atMs - bound.startMs) / bound.slotMs)] ?? 0n;
    return bound.isWhole ? given : least(steps, given);
  }, 0n);

/** Steps above its static part that a house may take on a phase, by its own clock that may be off by the slack. */
export const stepsAt = ({ bounds }: KeptLimits, lane: number, atMs: number, slackMs: number): bigint =>
  least(stepsOf(bounds, lane, atMs - slackMs), stepsOf(bounds, lane, atMs + slackMs));
