/**
 * Two regions with one utility each, after Yaqub et al., "AI and Blockchain Integrated Billing Architecture for Charging
 * the Roaming Electric Vehicles", IoT 2020, 1(2), 382–397 (doi 10.3390/iot1020022), evaluation with m1 = 1, m2 = 2 and
 * λ2 = 1. Their equations (1) and (2) could not be had; `docs/studies/revenue.md` states this reading and why. All
 * quantities are pure numbers: energy in units of one driver's want, money in units of region 2's purchasing power.
 */
export interface RevenueAssumptions {
  /** Drivers whose home utility serves region 1 and region 2. */
  readonly drivers1: number;
  readonly drivers2: number;
  /** Mean willingness to pay of region 2's drivers (λ2). */
  readonly purchasingPower2: number;
  /** Share of charging away from home: `max × a / (a + half)` at purchasing power `a`; the wealthier travel more. */
  readonly travelShareMax: number;
  readonly travelShareHalf: number;
  /** Part of the travel energy that is charged at home when there is no roaming; the rest is not charged at all. */
  readonly staysHome: number;
  /** What the hub and the roaming provider add to the local price, as a part of it; they keep it. */
  readonly hubMarkup: number;
  /** What the hub takes from the visited utility, as a part of the local price. */
  readonly hubFee: number;
  /** The home utility's part of a session abroad in this system. */
  readonly homeShare: number;
  /** What the shared ledger costs, as a part of a session. */
  readonly ledgerCost: number;
  /** The agreement's ceiling for a visitor's price as a multiple of the local one. */
  readonly visitorCeiling: number;
}

export const REVENUE_ASSUMPTIONS: RevenueAssumptions = {
  drivers1: 1,
  drivers2: 2,
  purchasingPower2: 1,
  travelShareMax: 1,
  travelShareHalf: 1,
  staysHome: 1,
  hubMarkup: 0.2,
  hubFee: 0.1,
  homeShare: 0.1,
  ledgerCost: 0.01,
  visitorCeiling: 1,
};

/** What is wrong with assumptions, or undefined. */
export function problemWith(assumptions: RevenueAssumptions): string | undefined {
  const { drivers1, drivers2, purchasingPower2, travelShareHalf, visitorCeiling, hubMarkup } = assumptions;
  const positive = { drivers1, drivers2, purchasingPower2, travelShareHalf, visitorCeiling };
  for (const [name, value] of Object.entries(positive))
    if (!(value > 0 && value < 1e9)) return `${name} must be above zero`;
  if (!(hubMarkup >= 0 && hubMarkup < 1e9)) return 'hubMarkup must not be negative';
  for (const name of ['travelShareMax', 'staysHome', 'hubFee', 'homeShare', 'ledgerCost'] as const)
    if (!(assumptions[name] >= 0 && assumptions[name] <= 1)) return `${name} must lie between 0 and 1`;
  if (assumptions.homeShare + assumptions.ledgerCost > 1)
    return 'homeShare and ledgerCost exceed the session';
  return undefined;
}
