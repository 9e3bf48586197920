import { sql, type Selectable } from 'kysely';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import type { AaaDatabase } from '../store/schema.ts';
import { isTaken } from '../store/taken.ts';
import { book, ledgerAccount, type JournalEntry } from './journal.ts';
import { owed } from './owed.ts';
import { lockBills, spreadPayments } from './pay-bills.ts';

/** Money that customers pay by bank, and money that goes back to them. */

export interface Payment {
  /** Of the customer, or back to the customer. */
  readonly kind: 'payment' | 'refund';
  readonly customerId: string;
  /** Chosen by whoever tells it; telling it twice books it once. */
  readonly paymentId: string;
  /** What the bank calls it: one payment has one, however often it is told. */
  readonly reference: string;
  readonly micros: bigint;
  readonly currency: string;
  /** Day on which the money counts, `2026-07-31`. */
  readonly valueDate: string;
}

export interface Reversal {
  readonly paymentId: string;
  readonly reversalId: string;
  readonly reason: string;
}

/** How an account stands after a payment or without one. */
export interface AccountState {
  /** What the customer has (positive) or owes. */
  readonly balanceMicros: bigint;
  /** Of issued bills, what is still to pay. */
  readonly openMicros: bigint;
  /** Paid, and not asked for by any issued bill. */
  readonly creditMicros: bigint;
}

/** What the issued bills of its moment make of a payment: all are paid and nothing is left, some are not, or some is left. */
export type PaymentOutcome = 'exact' | 'partial' | 'over';

type Account = Selectable<AaaDatabase['account']>;

const lockAccount = async (trx: Trx, customerId: string): Promise<Account> => {
  await lockBills(trx);
  const account = await trx
    .selectFrom('account')
    .selectAll()
    .where('customer_id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (account === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this id');
  return account;
};

/** How a customer's account stands. */
export const accountState = async (of: Db | Trx, customerId: string): Promise<AccountState> => {
  const { rows } = await sql<AccountState>`
    with ${owed([customerId])}
    select m.balance_micros as "balanceMicros", s.open::bigint as "openMicros",
      greatest(0, m.micros - s.paid)::bigint as "creditMicros"
    from account_means m, lateral (
      select coalesce(sum(greatest(0, b.asks) - b.paid), 0) as open, coalesce(sum(b.paid), 0) as paid
      from bill_share b where b.customer_id = m.customer_id) s`.execute(of);
  const [row] = rows;
  if (row === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this id');
  return row;
};

/** Moves money between a customer and the bank, once for each entry; positive is the customer's gain. */
const move = async (
  trx: Trx,
  account: Account,
  entry: Pick<JournalEntry, 'entryId' | 'kind' | 'bookedAtMs'>,
  micros: bigint,
): Promise<void> => {
  const lines = [
    { ledgerAccount: ledgerAccount.cash, micros },
    { ledgerAccount: ledgerAccount.customer(account.account_id), micros: -micros },
  ];
  if (!(await book(trx, { ...entry, currency: account.currency, lines }))) {
    throw new Error(`${entry.entryId} is booked, and nobody knows of it`);
  }
  await trx
    .updateTable('account')
    .set({ balance_micros: sql<bigint>`balance_micros + ${micros}` })
    .where('account_id', '=', account.account_id)
    .execute();
  await spreadPayments(trx, [account.customer_id]);
};

const signed = (kind: Payment['kind'], micros: bigint): bigint => (kind === 'payment' ? micros : -micros);

const isSame = (row: Selectable<AaaDatabase['payment']>, given: Payment, account: Account): boolean =>
  row.kind === given.kind &&
  row.account_id === account.account_id &&
  row.reference === given.reference &&
  row.micros === given.micros &&
  row.currency === given.currency &&
  row.value_date === given.valueDate;

const findPayment = (trx: Trx, paymentId: string) =>
  trx.selectFrom('payment').selectAll().where('payment_id', '=', paymentId).forUpdate().executeTakeFirst();

/** Money counts from its day on, wherever on earth that day has begun. */
const requireValued = (valueDate: string, nowMs: number): void => {
  if (Date.parse(valueDate) > nowMs + 14 * 3_600_000)
    throw aaaError('PAYMENT_NOT_VALUED', `the money counts from ${valueDate} on`);
};

const outcomeOf = ({ openMicros, creditMicros }: AccountState): PaymentOutcome => {
  if (openMicros > 0n) return 'partial';
  return creditMicros > 0n ? 'over' : 'exact';
};

/** Only what no bill asks for goes back, and never more than the customer has. */
const requireCredit = async (trx: Trx, { customerId, micros }: Payment): Promise<void> => {
  const { balanceMicros, creditMicros } = await accountState(trx, customerId);
  if (micros > balanceMicros || micros > creditMicros)
    throw aaaError(
      'REFUND_TOO_LARGE',
      `the customer has ${creditMicros < balanceMicros ? creditMicros : balanceMicros} micros`,
    );
};

/**
 * Books a payment: it frees the limit at once, and pays the issued bills, the oldest first; what is left waits for the
 * next. The same one again changes nothing.
 * @throws ServiceError PAYMENT_CONFLICT for another under its id, PAYMENT_DOUBLED for the same money under another id.
 */
export const bookPayment = async (db: Db, given: Payment, nowMs: number) => {
  requireValued(given.valueDate, nowMs);
  const work = async (trx: Trx) => {
    const account = await lockAccount(trx, given.customerId);
    if (account.currency !== given.currency)
      throw aaaError('PAYMENT_CURRENCY', `the account is in ${account.currency}`);
    const before = await findPayment(trx, given.paymentId);
    if (before !== undefined && !isSame(before, given, account))
      throw aaaError('PAYMENT_CONFLICT', 'another payment was told under this id');
    if (before === undefined) {
      if (given.kind === 'refund') await requireCredit(trx, given);
      await trx
        .insertInto('payment')
        .values({
          kind: given.kind,
          payment_id: given.paymentId,
          account_id: account.account_id,
          reference: given.reference,
          micros: given.micros,
          currency: given.currency,
          value_date: given.valueDate,
          booked_at_ms: nowMs,
          reversal_id: null,
          reversal_reason: null,
          reversed_at_ms: null,
        })
        .execute();
      const entry = { entryId: `payment:${given.paymentId}`, kind: given.kind, bookedAtMs: nowMs } as const;
      await move(trx, account, entry, signed(given.kind, given.micros));
    }
    const state = await accountState(trx, given.customerId);
    const isReversed = before !== undefined && before.reversal_id !== null;
    return { ...state, outcome: isReversed ? ('reversed' as const) : outcomeOf(state) };
  };
  try {
    return await db.transaction().execute(work);
  } catch (thrown) {
    if (isTaken(thrown))
      throw aaaError(
        'PAYMENT_DOUBLED',
        'a payment with this reference of the bank is booked under another id',
      );
    throw thrown;
  }
};

/** Takes a payment back, as when the bank returns it: bills that it paid are open again. The same again changes nothing. */
export const reversePayment = (db: Db, given: Reversal, nowMs: number): Promise<AccountState> =>
  db.transaction().execute(async (trx) => {
    await lockBills(trx);
    const before = await findPayment(trx, given.paymentId);
    if (before === undefined) throw aaaError('PAYMENT_NOT_FOUND', 'no payment was told under this id');
    if (before.reversal_id !== null && before.reversal_id !== given.reversalId)
      throw aaaError('PAYMENT_REVERSED', `it was taken back by ${before.reversal_id}`);
    const { customer_id: customerId } = await trx
      .selectFrom('account')
      .select('customer_id')
      .where('account_id', '=', before.account_id)
      .executeTakeFirstOrThrow();
    const account = await lockAccount(trx, customerId);
    if (before.reversal_id === null) {
      await trx
        .updateTable('payment')
        .set({ reversal_id: given.reversalId, reversal_reason: given.reason, reversed_at_ms: nowMs })
        .where('payment_id', '=', given.paymentId)
        .execute();
      const entry = { entryId: `reversal:${given.paymentId}`, kind: 'reversal', bookedAtMs: nowMs } as const;
      await move(trx, account, entry, -signed(before.kind, before.micros));
    }
    return accountState(trx, customerId);
  });
