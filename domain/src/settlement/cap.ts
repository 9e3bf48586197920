import { formatMoney, subtractMoney, type CurrencyMismatch, type Money } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';

export interface CapExceeded extends DomainError<'CAP_EXCEEDED'> {
  readonly overMicros: bigint;
}

/** The total, when it is at most the consented cap. Above it only a new consent helps. */
export const checkCap = (total: Money, cap: Money): Result<Money, CapExceeded | CurrencyMismatch> => {
  const over = subtractMoney(total, cap);
  if (!over.ok) return over;
  if (over.value.micros <= 0n) return ok(total);
  return err({
    code: 'CAP_EXCEEDED',
    message: `${formatMoney(total)} is above the consented cap of ${formatMoney(cap)}: ask for a new consent`,
    overMicros: over.value.micros,
  });
};
