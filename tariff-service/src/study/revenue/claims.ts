import type { RevenueAssumptions } from './assumptions.ts';
import { type ByRegime, incomeAt, slopeAt } from './income.ts';

/** A stretch of purchasing powers, as far as the grid shows it. */
export type Span = readonly [from: number, to: number];

/** What the paper's text says of its Figure 5, and whether the model says so too. */
export interface Claims {
  /** Without roaming the income grows in proportion to purchasing power: the largest relative departure from it. */
  readonly noRoamingDeparture: number;
  readonly noRoamingRises: boolean;
  /** Where conventional income falls as purchasing power rises ("the graph is flipped"). */
  readonly conventionalFalls: readonly Span[];
  /** Where conventional income rises less than without roaming, or falls. */
  readonly conventionalFlatter: readonly Span[];
  /** Where this system earns more than conventional roaming. */
  readonly proposedAboveConventional: readonly Span[];
  /** Whether this system's income everywhere rises more, or falls less, than conventional income. */
  readonly smallerNegativeEffect: boolean;
  readonly proposedFalls: readonly Span[];
  /** Where roaming earns more than none: the paper's text does not say how far. */
  readonly conventionalAboveNone: readonly Span[];
  readonly proposedAboveNone: readonly Span[];
  /** Largest fall of income from an earlier peak, as a part of that peak. */
  readonly largestFall: ByRegime<number>;
}

/** Reads the claims off a grid of rising purchasing powers. */
export function claimsOver(powers: readonly number[], assumptions: RevenueAssumptions): Claims {
  const incomes = powers.map((power) => incomeAt(power, assumptions));
  const slopes = powers.map((power) => slopeAt(power, assumptions));
  const rate = (incomes[0]?.noRoaming.total ?? 0) / (powers[0] ?? 1);
  const where = (holds: (index: number) => boolean): readonly Span[] => spans(powers, holds);
  const total = (index: number, regime: keyof ByRegime<number>): number =>
    incomes[index]?.[regime].total ?? 0;
  const slope = (index: number, regime: keyof ByRegime<number>): number => slopes[index]?.[regime] ?? 0;
  const everywhere = (holds: (index: number) => boolean): boolean => powers.every((_, index) => holds(index));
  return {
    noRoamingDeparture: Math.max(
      ...powers.map((power, index) => Math.abs(total(index, 'noRoaming') / (rate * power) - 1)),
    ),
    noRoamingRises: everywhere((index) => slope(index, 'noRoaming') > 0),
    conventionalFalls: where((index) => slope(index, 'conventional') < 0),
    conventionalFlatter: where((index) => slope(index, 'conventional') < slope(index, 'noRoaming')),
    proposedAboveConventional: where((index) => total(index, 'proposed') > total(index, 'conventional')),
    smallerNegativeEffect: everywhere((index) => slope(index, 'proposed') > slope(index, 'conventional')),
    proposedFalls: where((index) => slope(index, 'proposed') < 0),
    conventionalAboveNone: where((index) => total(index, 'conventional') > total(index, 'noRoaming')),
    proposedAboveNone: where((index) => total(index, 'proposed') > total(index, 'noRoaming')),
    largestFall: {
      noRoaming: largestFall(incomes.map(({ noRoaming }) => noRoaming.total)),
      conventional: largestFall(incomes.map(({ conventional }) => conventional.total)),
      proposed: largestFall(incomes.map(({ proposed }) => proposed.total)),
    },
  };
}

function spans(powers: readonly number[], holds: (index: number) => boolean): readonly Span[] {
  const found: Span[] = [];
  let from: number | undefined;
  powers.forEach((power, index) => {
    if (!holds(index)) {
      from = undefined;
      return;
    }
    if (from === undefined) found.push([power, power]);
    else found[found.length - 1] = [from, power];
    from ??= power;
  });
  return found;
}

function largestFall(values: readonly number[]): number {
  let peak = 0;
  let fall = 0;
  for (const value of values) {
    peak = Math.max(peak, value);
    if (peak > 0) fall = Math.max(fall, 1 - value / peak);
  }
  return fall;
}
