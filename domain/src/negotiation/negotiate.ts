import { formatMicros, PPM } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { divide } from '../rounding/index.ts';
import { intersectBounds, type Bound, type Limit } from './bounds.ts';
import {
  LOYALTY_LEVELS,
  type Customer,
  type CustomerClass,
  type LoyaltyLevel,
  type PaymentMethod,
} from './customer.ts';

/**
 * The rule by which the charging rules of home and visited utility agree on a service charge for one session.
 *
 * The home utility proposes an adjustment of the visited tariff for its customer. It is moved, no further than needed,
 * into what the visited utility accepts, what the agreement allows this loyalty level, and what keeps every energy price
 * of the tariff between the agreement's floor and ceiling. When nothing satisfies all three there is no charge.
 */

export interface PpmRange {
  readonly minPpm: bigint;
  readonly maxPpm: bigint;
}

/** What the visited utility offers: the span of its tariff version's energy prices, and the adjustments it accepts. */
export interface VisitedOffer {
  readonly minEnergyMicrosPerKWh: bigint;
  readonly maxEnergyMicrosPerKWh: bigint;
  readonly adjustment: PpmRange;
}

/** The home utility's charging rule: adjustments that add up, a discount below zero. */
export interface HomeRule {
  readonly byClass: Readonly<Record<CustomerClass, bigint>>;
  readonly byLoyalty: Readonly<Record<LoyaltyLevel, bigint>>;
  readonly byPayment: Readonly<Record<PaymentMethod, bigint>>;
}

/** The part of the bilateral agreement that limits a charge. */
export interface ChargeLimits {
  readonly floorMicrosPerKWh: bigint;
  readonly ceilingMicrosPerKWh: bigint;
  readonly adjustment: Readonly<Record<LoyaltyLevel, PpmRange>>;
}

export interface AgreedCharge {
  /** What the home utility's rule proposed. */
  readonly proposedPpm: bigint;
  /** What holds: the nearest to the proposal that every limit allows. */
  readonly adjustmentPpm: bigint;
  /** Whose limit moved the proposal; absent when it stands as proposed. */
  readonly movedBy?: string;
}

export type NegotiationError = DomainError<
  'OFFER_INVALID' | 'LOYALTY_NOT_MONOTONE' | 'PRICE_OUTSIDE_LIMITS' | 'NO_COMMON_ADJUSTMENT'
>;

/** What the home utility's rule gives one customer. */
export const proposedAdjustmentPpm = (rule: HomeRule, customer: Customer): bigint =>
  rule.byClass[customer.customerClass] +
  rule.byLoyalty[customer.loyalty] +
  rule.byPayment[customer.paymentMethod];

/** The adjustments that keep a price at or above the floor and at or below the ceiling; both ends rounded inwards. */
const priceBounds = (offer: VisitedOffer, limits: ChargeLimits): readonly Bound[] => {
  const { minEnergyMicrosPerKWh: lowest, maxEnergyMicrosPerKWh: highest } = offer;
  const change = (limit: bigint, price: bigint, mode: 'ceiling' | 'floor'): bigint =>
    divide((limit - price) * PPM, price, mode);
  return [
    // A price below zero would pay the driver to charge, whatever the ranges say.
    { setBy: 'price-not-negative', minPpm: -PPM },
    ...(lowest > 0n ? [{ setBy: 'floor', minPpm: change(limits.floorMicrosPerKWh, lowest, 'ceiling') }] : []),
    ...(highest > 0n
      ? [{ setBy: 'ceiling', maxPpm: change(limits.ceilingMicrosPerKWh, highest, 'floor') }]
      : []),
  ];
};

/** A higher level never gets a worse deal: neither the rule nor the agreement may say so. */
const findLoyaltyStepUp = (rule: HomeRule, limits: ChargeLimits): string | undefined => {
  for (const [index, level] of LOYALTY_LEVELS.entries()) {
    const below = LOYALTY_LEVELS[index - 1];
    if (below === undefined) continue;
    if (rule.byLoyalty[level] > rule.byLoyalty[below])
      return `the home rule gives ${level} more than ${below}`;
    const [range, rangeBelow] = [limits.adjustment[level], limits.adjustment[below]];
    if (range.minPpm > rangeBelow.minPpm || range.maxPpm > rangeBelow.maxPpm) {
      return `the agreement's range of ${level} lies above that of ${below}`;
    }
  }
  return undefined;
};

const describe = (limit: Limit): string => `${limit.ppm} ppm (${limit.setBy})`;

/** The adjustment that both utilities' rules and their agreement give this customer, or why there is none. */
export const negotiate = (
  offer: VisitedOffer,
  rule: HomeRule,
  limits: ChargeLimits,
  customer: Customer,
): Result<AgreedCharge, NegotiationError> => {
  const { minEnergyMicrosPerKWh: lowestPrice, maxEnergyMicrosPerKWh: highestPrice } = offer;
  if (lowestPrice < 0n || highestPrice < lowestPrice) {
    const message = `the offer's energy prices run from ${lowestPrice} to ${highestPrice} micros per kWh`;
    return err({ code: 'OFFER_INVALID', message });
  }
  const stepUp = findLoyaltyStepUp(rule, limits);
  if (stepUp !== undefined) return err({ code: 'LOYALTY_NOT_MONOTONE', message: stepUp });
  // No adjustment moves a price of zero, so a floor above it cannot be met.
  if (lowestPrice === 0n && limits.floorMicrosPerKWh > 0n) {
    const message = `a free tariff stays under the floor of ${formatMicros(limits.floorMicrosPerKWh)} per kWh`;
    return err({ code: 'PRICE_OUTSIDE_LIMITS', message });
  }

  const { lowest, highest } = intersectBounds([
    { setBy: 'visited', ...offer.adjustment },
    { setBy: 'agreement', ...limits.adjustment[customer.loyalty] },
    ...priceBounds(offer, limits),
  ]);
  if (lowest !== undefined && highest !== undefined && lowest.ppm > highest.ppm) {
    const message = `at least ${describe(lowest)} and at most ${describe(highest)} exclude one another`;
    return err({ code: 'NO_COMMON_ADJUSTMENT', message });
  }
  const proposedPpm = proposedAdjustmentPpm(rule, customer);
  const limit =
    lowest !== undefined && proposedPpm < lowest.ppm
      ? lowest
      : highest !== undefined && proposedPpm > highest.ppm
        ? highest
        : undefined;
  return limit === undefined
    ? ok({ proposedPpm, adjustmentPpm: proposedPpm })
    : ok({ proposedPpm, adjustmentPpm: limit.ppm, movedBy: limit.setBy });
};
