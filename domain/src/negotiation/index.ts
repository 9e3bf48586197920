export {
  CUSTOMER_CLASSES,
  LOYALTY_LEVELS,
  PAYMENT_METHODS,
  type Customer,
  type CustomerClass,
  type LoyaltyLevel,
  type PaymentMethod,
} from './customer.ts';
export {
  negotiate,
  proposedAdjustmentPpm,
  type AgreedCharge,
  type ChargeLimits,
  type HomeRule,
  type NegotiationError,
  type PpmRange,
  type VisitedOffer,
} from './negotiate.ts';
