import type { RevenueAssumptions } from './assumptions.ts';
import { type ByRegime, type Income, travelShare } from './income.ts';

/** Settings of the simulation. */
export interface Simulation {
  /** Simulated drivers in each region; each stands for an equal part of the region. */
  readonly drivers: number;
  /** Prices that each side tries, up to `highest` times the mean willingness to pay. */
  readonly prices: number;
  readonly highest: number;
}

export const SIMULATION: Simulation = { drivers: 4000, prices: 500, highest: 5 };

/**
 * The same market driver by driver: each has a willingness to pay and buys where the price is at most that; each seller
 * tries prices and keeps the one that earns most. It knows none of the formulas of `incomeAt`, and uses no chance: the
 * drivers are the quantiles of their distribution.
 */
export function simulateAt(
  power1: number,
  assumptions: RevenueAssumptions,
  settings: Simulation = SIMULATION,
): ByRegime<Income> {
  const { drivers1, drivers2, purchasingPower2, staysHome, hubMarkup, hubFee } = assumptions;
  const { homeShare, ledgerCost, visitorCeiling } = assumptions;
  const people1 = population(power1, settings.drivers);
  const people2 = population(purchasingPower2, settings.drivers);
  const away1 = travelShare(power1, assumptions);
  const away2 = travelShare(purchasingPower2, assumptions);
  const price1 = bestPrice(people1, power1, Number.POSITIVE_INFINITY, settings);
  const price2 = bestPrice(people2, purchasingPower2, Number.POSITIVE_INFINITY, settings);
  const homeBuyers = drivers1 * buying(people1, price1);

  const hubBuyers = drivers2 * away2 * buying(people2, price1 * (1 + hubMarkup));
  const visitorPrice = bestPrice(people2, purchasingPower2, price1 * visitorCeiling, settings);
  const visitorPays = drivers2 * away2 * buying(people2, visitorPrice) * visitorPrice;
  const ownPrice = bestPrice(people1, power1, price2 * visitorCeiling, settings);
  const ownPay = drivers1 * away1 * buying(people1, ownPrice) * ownPrice;

  const home = homeBuyers * (1 - away1) * price1;
  return {
    noRoaming: income(homeBuyers * (1 - away1 * (1 - staysHome)) * price1, 0, 0),
    conventional: income(home, hubBuyers * price1 * (1 - hubFee), 0),
    proposed: income(home, visitorPays * (1 - homeShare - ledgerCost), ownPay * homeShare),
  };
}

/** Willingness to pay of each driver, rising. */
function population(mean: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => -mean * Math.log(1 - (index + 0.5) / count));
}

/** Part of the people who would pay the price. */
function buying(people: readonly number[], price: number): number {
  let low = 0;
  let high = people.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((people[middle] ?? 0) >= price) high = middle;
    else low = middle + 1;
  }
  return (people.length - low) / people.length;
}

function bestPrice(people: readonly number[], mean: number, ceiling: number, settings: Simulation): number {
  let best = 0;
  let bestIncome = 0;
  for (let index = 1; index <= settings.prices; index++) {
    const price = Math.min(ceiling, (mean * settings.highest * index) / settings.prices);
    const earned = price * buying(people, price);
    if (earned > bestIncome) [best, bestIncome] = [price, earned];
    if (price === ceiling) break;
  }
  return best;
}

function income(home: number, visitors: number, abroad: number): Income {
  return { home, visitors, abroad, total: home + visitors + abroad };
}
