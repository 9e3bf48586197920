import type { Trx } from '../store/database.ts';

/** A line of a journal entry: debits positive, credits negative. */
export interface PostingLine {
  readonly ledgerAccount: string;
  readonly micros: bigint;
}

/** A charge record, one that waits, what a dispute changes of it, what a reservation came to or a car gave, and money that came or went. */
export type JournalKind =
  'cdr' | 'held' | 'dispute' | 'booking' | 'given' | 'top-up' | 'payment' | 'refund' | 'reversal';

export interface JournalEntry {
  /** Says what the entry is of; an id is booked once. */
  readonly entryId: string;
  readonly kind: JournalKind;
  readonly currency: string;
  readonly bookedAtMs: number;
  readonly lines: readonly PostingLine[];
}

/** Names of the accounts that entries are booked on. */
export const ledgerAccount = {
  /** What one customer owes (debit) or has paid ahead (credit). */
  customer: (accountId: string) => `customer:${accountId}`,
  /** What is owed to a visited utility. */
  payable: (vun: string) => `payable:${vun}`,
  /** What is owed to visited utilities for records that no customer was billed for yet. */
  heldBack: 'receivable:held',
  /** What visited utilities said is owed to them and home disputes: owed to nobody as long as that lasts. */
  disputed: 'payable:disputed',
  /** Of this utility's own stations, at which its own customers charged. */
  ownStations: 'revenue:stations',
  /** Between two currencies: what was billed in one for what is owed in the other, at the rates that were fixed. */
  exchanged: 'exchange',
  /** The home utility's own share. */
  revenue: 'revenue:roaming',
  cash: 'cash',
} as const;

/**
 * Books an entry whose lines sum to zero.
 * @returns false when the id was booked before; nothing is written then.
 * @throws Error when the lines do not balance: a broken invariant.
 */
export const book = async (trx: Trx, entry: JournalEntry): Promise<boolean> => {
  const sum = entry.lines.reduce((total, { micros }) => total + micros, 0n);
  if (sum !== 0n) throw new Error(`journal entry ${entry.entryId} is out of balance by ${sum} micros`);
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('journal')
    .values({
      entry_id: entry.entryId,
      kind: entry.kind,
      booked_at_ms: entry.bookedAtMs,
      currency: entry.currency,
    })
    .onConflict((conflict) => conflict.column('entry_id').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 0n) return false;
  const lines = entry.lines.filter(({ micros }) => micros !== 0n);
  if (lines.length > 0) {
    await trx
      .insertInto('posting')
      .values(
        lines.map(({ ledgerAccount: account, micros }, line) => ({
          entry_id: entry.entryId,
          line,
          ledger_account: account,
          micros,
        })),
      )
      .execute();
  }
  return true;
};
