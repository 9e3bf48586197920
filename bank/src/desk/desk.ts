import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readMessage, type MessageError } from '../iso20022/read-message.ts';
import { Book, type Attempt, type Fact, type Unclear } from './book.ts';
import { factOf, factText, Journal } from './journal.ts';
import { orderOf, plannedOrders, type Accounts } from './orders.ts';
import type { PaymentLedger } from './payment-ledger.ts';
import { matchOf, tellLedger, type Unmatched } from './tell-ledger.ts';

export interface DeskOptions {
  readonly utilityId: string;
  /** Folder of the journal. */
  readonly folder: string;
  readonly accounts: Accounts;
  readonly ledger: PaymentLedger;
  /** Gives an order to the bank; may be asked again for the same, and the bank knows it by its message id. */
  readonly deliver: (orderId: string, text: string) => Promise<void>;
  readonly nowMs: () => number;
}

/** What became of a message: taken, known already, or refused with why. */
export type Taken =
  { readonly outcome: 'taken' | 'repeated' } | { readonly outcome: 'refused'; readonly error: MessageError };

/** How payments by bank stand, for who works with them. */
export interface DeskState {
  readonly attempts: readonly Attempt[];
  /** Came in, and is of no payment. */
  readonly unmatched: readonly { readonly movementId: string; readonly why: Unmatched }[];
  readonly unclear: readonly Unclear[];
  /** To be ordered, to a payee whose account is not known here. */
  readonly withoutAccount: readonly { readonly paymentId: string; readonly payee: string }[];
  /** What the ledger did not take or tell in the last round; it is tried again. */
  readonly refused: readonly string[];
}

export interface Desk {
  /** Takes a message of the bank; when it returns, the message is kept for good. */
  take(bytes: Uint8Array): Taken;
  /** Orders what is due, and tells the ledger what was booked. */
  round(): Promise<void>;
  /** Lets a payment be tried again at the next round, after it was refused, came back or came to less. */
  retry(paymentId: string): void;
  state(): Promise<DeskState>;
  close(): void;
}

/** A utility's payments by bank: what is due goes to the bank, what the bank has booked goes to the ledger. */
export const openDesk = ({ utilityId, folder, accounts, ledger, deliver, nowMs }: DeskOptions): Desk => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { journal, values } = Journal.open(
    join(folder, 'bank.journal'),
    (fact: Fact) => factText(fact),
    (text) => factOf(text) as Fact,
  );
  const book = new Book();
  for (const fact of values) book.apply(fact);
  let refused: readonly string[] = [];

  const keep = (fact: Fact): void => {
    journal.append(fact);
    book.apply(fact);
  };

  return {
    take(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (book.hasMessage(sha256)) return { outcome: 'repeated' };
      const message = readMessage(bytes);
      if (!message.ok) return { outcome: 'refused', error: message.error };
      keep({ kind: 'message', sha256, atMs: nowMs(), message: message.value });
      return { outcome: 'taken' };
    },

    async round() {
      const planned = plannedOrders(await ledger.payments(), book.attempts, utilityId, book.asked);
      const order = orderOf(planned, accounts, nowMs());
      // Kept before it leaves: whatever happens in between, the same order goes out again, not another one.
      if (order !== undefined) keep(order);
      for (const { orderId, text } of book.undelivered) {
        await deliver(orderId, text);
        keep({ kind: 'delivered', orderId });
      }
      const failures = await tellLedger(book, ledger, { utilityId, others: accounts.others }, nowMs());
      refused = [
        ...failures.map(
          ({ what, thrown }) => `${what}: ${thrown instanceof Error ? thrown.message : 'unknown failure'}`,
        ),
        ...(ledger.trouble?.() ?? []),
      ];
    },

    retry(paymentId) {
      const last = book.attempts.filter((each) => each.paymentId === paymentId).at(-1);
      // Asked twice is asked once: one that is at the bank is waited for.
      const isAtBank = last?.state === 'ordered' || last?.state === 'accepted';
      if (!isAtBank && !book.asked.has(paymentId)) keep({ kind: 'asked', paymentId });
    },

    async state() {
      const payments = await ledger.payments();
      return {
        attempts: book.attempts,
        unmatched: book.came.flatMap((came) => {
          const match = matchOf(came, payments, utilityId, accounts.others);
          return typeof match === 'string' ? [{ movementId: came.movement.movementId, why: match }] : [];
        }),
        unclear: book.unclear,
        withoutAccount: plannedOrders(payments, book.attempts, utilityId, book.asked)
          .map(({ payment: { paymentId, payee } }) => ({ paymentId, payee }))
          .filter(({ payee }) => !accounts.others.has(payee)),
        refused,
      };
    },

    close() {
      journal.close();
    },
  };
};
