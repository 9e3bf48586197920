/** What charging rules tell customers apart by. */

/** Loyalty levels from the lowest up; `none` is a customer outside the programme. */
export const LOYALTY_LEVELS = ['none', 'gold', 'diamond', 'platinum'] as const;
export type LoyaltyLevel = (typeof LOYALTY_LEVELS)[number];

export const CUSTOMER_CLASSES = ['residential', 'commercial'] as const;
export type CustomerClass = (typeof CUSTOMER_CLASSES)[number];

export const PAYMENT_METHODS = ['postpaid', 'prepaid', 'debit', 'credit-card', 'crypto'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export interface Customer {
  readonly customerClass: CustomerClass;
  readonly loyalty: LoyaltyLevel;
  readonly paymentMethod: PaymentMethod;
}
