/** What was planned and what was metered of one slot, Wh. */
export interface FollowedSlot {
  readonly startMs: number;
  readonly plannedWh: bigint;
  readonly meteredWh: bigint;
  /** The plan wanted less here. */
  readonly isPeak: boolean;
}

/** How strongly the next plan is adjusted. */
export interface FollowRule {
  readonly sharePermille: bigint;
  readonly stepPermille: bigint;
  readonly leastPermille: bigint;
  readonly mostPermille: bigint;
  /** Peaks may be off by so much of their plan before anything changes, parts per thousand. */
  readonly tolerancePermille: bigint;
}

export interface Followed {
  /** 1000 when every slot came as planned; less by what all slots were off, of what was planned; never below zero. */
  readonly scorePermille: bigint;
  readonly peakPlannedWh: bigint;
  readonly peakMeteredWh: bigint;
  /** The share of chargers to withdraw, or of power to hold back, in the next plan. */
  readonly nextSharePermille: bigint;
}

const PERMILLE = 1_000n;

const sumOf = (slots: readonly FollowedSlot[], of: (slot: FollowedSlot) => bigint): bigint =>
  slots.reduce((sum, slot) => sum + of(slot), 0n);

const within = (value: bigint, least: bigint, most: bigint): bigint =>
  value < least ? least : value > most ? most : value;

/**
 * Scores a plan by what was metered and adjusts the next: a step more is held back when peaks took more than planned, a step less
 * when they took less, nothing within the tolerance.
 */
export const follow = (slots: readonly FollowedSlot[], rule: FollowRule): Followed => {
  const plannedWh = sumOf(slots, (slot) => slot.plannedWh);
  const offWh = sumOf(slots, (slot) =>
    slot.meteredWh > slot.plannedWh ? slot.meteredWh - slot.plannedWh : slot.plannedWh - slot.meteredWh,
  );
  const lostPermille = plannedWh === 0n ? (offWh === 0n ? 0n : PERMILLE) : (offWh * PERMILLE) / plannedWh;
  const peaks = slots.filter(({ isPeak }) => isPeak);
  const peakPlannedWh = sumOf(peaks, (slot) => slot.plannedWh);
  const peakMeteredWh = sumOf(peaks, (slot) => slot.meteredWh);
  const toleratedWh = peakPlannedWh * rule.tolerancePermille;
  const overWh = (peakMeteredWh - peakPlannedWh) * PERMILLE;
  const changePermille =
    overWh > toleratedWh ? rule.stepPermille : -overWh > toleratedWh ? -rule.stepPermille : 0n;
  return {
    scorePermille: within(PERMILLE - lostPermille, 0n, PERMILLE),
    peakPlannedWh,
    peakMeteredWh,
    nextSharePermille: within(rule.sharePermille + changePermille, rule.leastPermille, rule.mostPermille),
  };
};
