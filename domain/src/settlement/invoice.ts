import type { SessionId } from '../ids/index.ts';
import { sumMoney, type CurrencyCode, type CurrencyMismatch, type Money } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';

/** One session on an invoice from visited to home utility. */
export interface InvoiceLine {
  readonly sessionId: SessionId;
  /** The pair's running number of the charge record, from 1: a missing one shows as a gap. */
  readonly pairSequence: number;
  readonly total: Money;
}

export interface InvoiceTotals {
  readonly lines: readonly InvoiceLine[];
  readonly total: Money;
}

export type InvoiceError = DomainError<'INVOICE_EMPTY' | 'INVOICE_LINE_TWICE' | 'INVOICE_LINE_NEGATIVE'>;

/** Sums an invoice: lines in the order of their numbers, each session and number once, one currency. */
export const sumInvoice = (
  currency: CurrencyCode,
  lines: readonly InvoiceLine[],
): Result<InvoiceTotals, InvoiceError | CurrencyMismatch> => {
  if (lines.length === 0)
    return err({ code: 'INVOICE_EMPTY', message: 'an invoice has at least one session' });
  const seen = new Set<string>();
  for (const { sessionId, pairSequence, total } of lines) {
    if (total.micros < 0n) {
      const message = `session ${sessionId} has a negative total: write a credit note`;
      return err({ code: 'INVOICE_LINE_NEGATIVE', message });
    }
    for (const key of [`session ${sessionId}`, `charge record ${pairSequence}`]) {
      if (seen.has(key))
        return err({ code: 'INVOICE_LINE_TWICE', message: `${key} is on the invoice twice` });
      seen.add(key);
    }
  }
  const total = sumMoney(
    currency,
    lines.map((line) => line.total),
  );
  if (!total.ok) return total;
  const ordered = [...lines].sort((a, b) => a.pairSequence - b.pairSequence);
  return ok({ lines: ordered, total: total.value });
};

/** At most so many missing numbers are listed: a forged far number must not cost the reader its memory. */
const MAX_LISTED = 1000;

/** The numbers from `first` to the highest received that did not come, in order, the first thousand of them. */
export const missingPairSequences = (received: Iterable<number>, first = 1): readonly number[] => {
  const present = new Set(received);
  const highest = [...present].reduce((max, number) => Math.max(max, number), first - 1);
  const missing: number[] = [];
  for (let number = first; number <= highest && missing.length < MAX_LISTED; number += 1) {
    if (!present.has(number)) missing.push(number);
  }
  return missing;
};
