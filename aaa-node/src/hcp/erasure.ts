import { aaaError } from '../problems.ts';
import { revokeTokens } from '../offline/revoke.ts';
import type { Db, Trx } from '../store/database.ts';
import { heldMicros } from './accounts.ts';
import { revokeProfiles } from './revocations.ts';

/** What still ties a customer to unfinished business, in words. */
const findPending = async (trx: Trx, customerId: string, nowMs: number): Promise<readonly string[]> => {
  const account = await trx
    .selectFrom('account')
    .select(['account_id', 'balance_micros'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
  const held = account === undefined ? 0n : await heldMicros(trx, account.account_id, nowMs);
  const count = async (query: {
    executeTakeFirstOrThrow: () => Promise<{ readonly n: string | number | bigint }>;
  }) => Number((await query.executeTakeFirstOrThrow()).n);
  const unbilled = await count(
    trx
      .selectFrom('cdr')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('verdict', '<>', 'credited')
      .where('bill_id', 'is', null),
  );
  const unbilledBookings = await count(
    trx
      .selectFrom('booking_charge')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('bill_id', 'is', null),
  );
  const unbilledGiven = await count(
    trx
      .selectFrom('given_credit')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('bill_id', 'is', null),
  );
  const booked = await count(
    trx
      .selectFrom('booking_wish')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('until_ms', '>', nowMs),
  );
  const disputed = await count(
    trx
      .selectFrom('record_dispute')
      .innerJoin('cdr', 'cdr.session_id', 'record_dispute.session_id')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('state', 'not in', ['credited', 'settled']),
  );
  const inEscrow = await count(
    trx
      .selectFrom('token_hold')
      .innerJoin('account', 'account.account_id', 'token_hold.account_id')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('state', 'in', ['opening', 'open', 'drawing']),
  );
  const contested = await count(
    trx
      .selectFrom('driver_contest')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('state', '=', 'open'),
  );
  // A profile that is revoked now may have served a session whose record is still on its way.
  const profiles = await count(
    trx
      .selectFrom('issued_profile')
      .select((query) => query.fn.countAll().as('n'))
      .where('customer_id', '=', customerId)
      .where('valid_until_ms', '>', nowMs),
  );
  return [
    ...(held > 0n ? ['a session is open'] : []),
    ...(unbilled > 0 ? [`${unbilled} charge records are not on a bill`] : []),
    ...(unbilledBookings > 0 ? [`${unbilledBookings} amounts for reservations are not on a bill`] : []),
    ...(unbilledGiven > 0 ? [`${unbilledGiven} amounts for what a car gave are not on a bill`] : []),
    ...(booked > 0 ? [`${booked} reservations are not over`] : []),
    ...(contested > 0 ? [`${contested} sessions are contested`] : []),
    ...(disputed > 0 ? [`${disputed} charge records are disputed`] : []),
    ...(profiles > 0 ? [`${profiles} profiles at visited utilities have not run out`] : []),
    ...(inEscrow > 0
      ? [`${inEscrow} holds of money in escrow are open: each is over when it is drawn, or at its end`]
      : []),
    ...(account !== undefined && account.balance_micros !== 0n ? ['the account is not settled'] : []),
  ];
};

/** Deletes everything personal; the accounts stay as they are, under ids that lead to nobody. */
const forget = async (trx: Trx, customerId: string, sub: string): Promise<void> => {
  await trx.deleteFrom('person').where('customer_id', '=', customerId).execute();
  await trx
    .deleteFrom('driver_token')
    .where('cin_ref', 'in', (query) =>
      query.selectFrom('cin').select('cin.cin_ref').where('customer_id', '=', customerId),
    )
    .execute();
  await trx.deleteFrom('cin').where('customer_id', '=', customerId).execute();
  await trx.deleteFrom('contract').where('customer_id', '=', customerId).execute();
  await trx.deleteFrom('oidc_payload').where('account_id', '=', sub).execute();
  // What is over of it; its name leads to an address on the chain.
  await trx
    .deleteFrom('token_hold')
    .where('account_id', 'in', (query) =>
      query.selectFrom('account').select('account.account_id').where('customer_id', '=', customerId),
    )
    .execute();
  await trx.deleteFrom('driver_contest').where('customer_id', '=', customerId).execute();
  for (const table of [
    ...(['credit_entry', 'credit_fault', 'credit_ledger'] as const),
    ...(['offline_token', 'offline_quote', 'offline_phone'] as const),
  ])
    await trx.deleteFrom(table).where('customer_id', '=', customerId).execute();
  // The driver's own words; the ledger's private bodies that have them are purged after their term.
  await trx
    .updateTable('record_dispute')
    .set({ evidence: '' })
    .where('reason', '=', 'DRIVER')
    .where('session_id', 'in', (query) =>
      query.selectFrom('cdr').select('cdr.session_id').where('customer_id', '=', customerId),
    )
    .execute();
  // A bank's reference leads to whoever paid; what was paid stays.
  await trx
    .updateTable('payment')
    .set({ reference: null, reversal_reason: null })
    .where('account_id', 'in', (query) =>
      query.selectFrom('account').select('account.account_id').where('customer_id', '=', customerId),
    )
    .execute();
  await trx
    .updateTable('customer')
    .set({ state: 'erased', pseudonym_key: null })
    .where('customer_id', '=', customerId)
    .execute();
};

/**
 * Forgets a person. The CINs are blocked at once; while anything is unfinished the rest waits and says what for. After
 * it the ledger's pseudonyms lead nowhere: the key that made them is gone, and nothing on the chain is touched.
 */
export const eraseCustomer = async (db: Db, customerId: string, nowMs: number): Promise<void> => {
  const pending = await db.transaction().execute(async (trx) => {
    const customer = await trx
      .selectFrom('customer')
      .select(['sub', 'state'])
      .where('customer_id', '=', customerId)
      .forUpdate()
      .executeTakeFirst();
    if (customer === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this id');
    if (customer.state === 'erased') return [];
    await trx
      .updateTable('cin')
      .set({ state: 'blocked', state_at_ms: nowMs })
      .where('customer_id', '=', customerId)
      .where('state', '=', 'active')
      .execute();
    await revokeProfiles(trx, { customerId }, nowMs);
    await revokeTokens(trx, { customerId });
    const left = await findPending(trx, customerId, nowMs);
    if (left.length === 0) await forget(trx, customerId, customer.sub);
    return left;
  });
  if (pending.length > 0) throw aaaError('ERASURE_PENDING', pending.join('; '));
};
