import type { RevenueAssumptions } from './assumptions.ts';

/** Utility 1's income under one regime, by where it comes from. */
export interface Income {
  /** Own customers at home. */
  readonly home: number;
  /** Customers of region 2 who charge in region 1: the paper's contribution of roamers (TCR). */
  readonly visitors: number;
  /** Own customers who charge in region 2. */
  readonly abroad: number;
  readonly total: number;
}

export const REGIMES = ['noRoaming', 'conventional', 'proposed'] as const;
export type Regime = (typeof REGIMES)[number];
export type ByRegime<T> = Readonly<Record<Regime, T>>;

/** Share of charging away from home at a purchasing power. */
export function travelShare(power: number, { travelShareMax, travelShareHalf }: RevenueAssumptions): number {
  return (travelShareMax * power) / (power + travelShareHalf);
}

/**
 * Utility 1's income at its own customers' purchasing power, in closed form. Willingness to pay is exponential, so the
 * local price that earns most is its mean and is paid by the part 1/e of the drivers, whatever their number.
 */
export function incomeAt(power1: number, assumptions: RevenueAssumptions): ByRegime<Income> {
  const { drivers1, drivers2, purchasingPower2: power2, staysHome } = assumptions;
  const { hubMarkup, hubFee, homeShare, ledgerCost, visitorCeiling } = assumptions;
  const away1 = travelShare(power1, assumptions);
  const away2 = travelShare(power2, assumptions);
  const atHome = (share: number): number => drivers1 * share * power1 * Math.exp(-1);
  const stayed = atHome(1 - away1);

  const hubPrice = power1 * (1 + hubMarkup);
  const throughHub = drivers2 * away2 * power1 * (1 - hubFee) * Math.exp(-hubPrice / power2);

  const visitorPrice = negotiated(power2, power1 * visitorCeiling);
  const visitorPays = drivers2 * away2 * visitorPrice * Math.exp(-visitorPrice / power2);
  const ownPrice = negotiated(power1, power2 * visitorCeiling);
  const ownPay = drivers1 * away1 * ownPrice * Math.exp(-ownPrice / power1);
  return {
    noRoaming: sum(atHome(1 - away1 * (1 - staysHome)), 0, 0),
    conventional: sum(stayed, throughHub, 0),
    proposed: sum(stayed, visitorPays * (1 - homeShare - ledgerCost), ownPay * homeShare),
  };
}

/** Both utilities share one session's price, so they agree on what earns most together, inside the agreement. */
function negotiated(visitorPower: number, ceiling: number): number {
  return Math.min(visitorPower, ceiling);
}

function sum(home: number, visitors: number, abroad: number): Income {
  return { home, visitors, abroad, total: home + visitors + abroad };
}

/** Change of each regime's income with purchasing power: a central difference. */
export function slopeAt(power1: number, assumptions: RevenueAssumptions): ByRegime<number> {
  const step = 1e-5 * power1;
  const below = incomeAt(power1 - step, assumptions);
  const above = incomeAt(power1 + step, assumptions);
  const slope = (regime: Regime): number => (above[regime].total - below[regime].total) / (2 * step);
  return {
    noRoaming: slope('noRoaming'),
    conventional: slope('conventional'),
    proposed: slope('proposed'),
  };
}
