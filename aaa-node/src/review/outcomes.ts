import {
  convert,
  exchange as exchangeSchema,
  type AnswerBody,
  type Exchange,
  type ShownDispute,
} from '@roamgrid/wire';
import { sql, type Selectable } from 'kysely';
import type { z } from 'zod';
import { book, ledgerAccount, type PostingLine } from '../accounting/journal.ts';
import { lockBills } from '../accounting/pay-bills.ts';
import type { Trx } from '../store/database.ts';
import type { AaaDatabase } from '../store/schema.ts';

/**
 * What a dispute does to home's books. While it lasts, what the visited utility said is owed is owed to nobody, and the record is
 * on no bill that is not issued yet. What it comes to in the end is booked once; a record on an issued bill is corrected on a
 * later one.
 */

type CdrRow = Selectable<AaaDatabase['cdr']>;
type DisputeRow = Selectable<AaaDatabase['record_dispute']>;
type Stood = NonNullable<DisputeRow['stood']>;

/** What a record comes to: as it stood, or as it was decided. */
type Amounts = Pick<AnswerBody, 'energyWh' | 'totalMicros' | 'shares'>;

const NOTHING: Amounts = {
  energyWh: 0n,
  totalMicros: 0n,
  shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
};

const amountsOf = (row: CdrRow): Amounts => ({
  energyWh: row.energy_wh,
  totalMicros: row.total_micros,
  shares: {
    hun: row.hun_micros,
    vun: row.vun_micros,
    infrastructure: row.infrastructure_micros,
    driver: row.driver_micros,
  },
});

const payableOf = ({ shares }: Amounts): bigint => shares.vun + shares.infrastructure;

const exchangeOf = ({ exchange }: CdrRow): Exchange | undefined =>
  exchange === null ? undefined : exchangeSchema.decode(exchange as z.input<typeof exchangeSchema>);

const billedOf = ({ totalMicros, shares }: Amounts, rate: Exchange | undefined) => ({
  totalMicros: rate === undefined ? totalMicros : convert(totalMicros, rate),
  driverMicros: rate === undefined ? shares.driver : convert(shares.driver, rate),
});

const cdrOf = (trx: Trx, sessionId: string): Promise<CdrRow> =>
  trx.selectFrom('cdr').selectAll().where('session_id', '=', sessionId).forUpdate().executeTakeFirstOrThrow();

/** How the record stands: on a bill that can still change, on one that cannot, or held. */
const standOf = async (trx: Trx, { verdict, bill_id: billId }: CdrRow): Promise<Stood> => {
  if (verdict === 'held') return 'held';
  if (billId === null) return 'posted';
  const bill = await trx
    .selectFrom('bill')
    .select('state')
    .where('bill_id', '=', billId)
    .executeTakeFirstOrThrow();
  return bill.state === 'open' ? 'posted' : 'billed';
};

/** The ledger has the dispute: the record is taken off what is owed, and off a bill that is open. */
const takeOff = async (trx: Trx, row: DisputeRow, disputeId: string, nowMs: number): Promise<Stood> => {
  const cdr = await cdrOf(trx, row.session_id);
  const stood = await standOf(trx, cdr);
  const payable = payableOf(amountsOf(cdr));
  await book(trx, {
    entryId: `disputed:${row.session_id}`,
    kind: 'dispute',
    currency: cdr.currency,
    bookedAtMs: nowMs,
    lines: [
      { ledgerAccount: ledgerAccount.payable(cdr.vun), micros: payable },
      { ledgerAccount: ledgerAccount.disputed, micros: -payable },
    ],
  });
  if (stood !== 'billed')
    await trx
      .updateTable('cdr')
      .set({ verdict: 'disputed', bill_id: null })
      .where('session_id', '=', row.session_id)
      .execute();
  await trx
    .updateTable('record_dispute')
    .set({ state: 'disputed', dispute_id: disputeId, stood })
    .where('session_id', '=', row.session_id)
    .execute();
  return stood;
};

/** Lines of the session's currency: the visited utility is owed what was decided, home's share follows. */
const owedLines = (vun: string, was: Amounts, is: Amounts): readonly PostingLine[] => [
  { ledgerAccount: ledgerAccount.disputed, micros: payableOf(was) },
  { ledgerAccount: ledgerAccount.payable(vun), micros: -payableOf(is) },
  { ledgerAccount: ledgerAccount.revenue, micros: was.shares.hun - is.shares.hun },
];

const accountOf = async (trx: Trx, customerId: string | null): Promise<string> => {
  const row = await trx
    .selectFrom('account')
    .select('account_id')
    .where('customer_id', '=', customerId ?? '')
    .executeTakeFirst();
  if (row === undefined)
    throw new Error(`a posted record has customer ${customerId ?? 'none'}, who has no account`);
  return row.account_id;
};

/** What of the customer's debt is given back, or is more. @returns what is more of the total and of the driver's share. */
const bookCustomer = async (trx: Trx, cdr: CdrRow, was: Amounts, is: Amounts, nowMs: number) => {
  const rate = exchangeOf(cdr);
  const [before, after] = [billedOf(was, rate), billedOf(is, rate)];
  const more = {
    totalMicros: after.totalMicros - before.totalMicros,
    driverMicros: after.driverMicros - before.driverMicros,
  };
  const debt = more.totalMicros - more.driverMicros;
  const accountId = await accountOf(trx, cdr.customer_id);
  const customer = { ledgerAccount: ledgerAccount.customer(accountId), micros: debt };
  const owed = owedLines(cdr.vun, was, is);
  const common = { kind: 'dispute', bookedAtMs: nowMs } as const;
  const entryId = `cleared:${cdr.session_id}`;
  if (rate === undefined) {
    await book(trx, { ...common, entryId, currency: cdr.currency, lines: [customer, ...owed] });
  } else {
    const abroad = is.totalMicros - is.shares.driver - (was.totalMicros - was.shares.driver);
    const exchanged = (micros: bigint) => ({ ledgerAccount: ledgerAccount.exchanged, micros });
    await book(trx, { ...common, entryId, currency: cdr.bill_currency, lines: [customer, exchanged(-debt)] });
    await book(trx, {
      ...common,
      entryId: `${entryId}:abroad`,
      currency: cdr.currency,
      lines: [exchanged(abroad), ...owed],
    });
  }
  await trx
    .updateTable('account')
    .set({ balance_micros: sql<bigint>`balance_micros - ${debt}` })
    .where('account_id', '=', accountId)
    .execute();
  return { ...more, after };
};

/** Amounts of a record that is on no issued bill become those that were decided. */
const columnsOf = (is: Amounts) => ({
  energy_wh: is.energyWh,
  total_micros: is.totalMicros,
  hun_micros: is.shares.hun,
  vun_micros: is.shares.vun,
  infrastructure_micros: is.shares.infrastructure,
  driver_micros: is.shares.driver,
});

const clearHeld = async (trx: Trx, cdr: CdrRow, was: Amounts, is: Amounts, nowMs: number): Promise<void> => {
  const [before, after] = [payableOf(was), payableOf(is)];
  await book(trx, {
    entryId: `cleared:${cdr.session_id}`,
    kind: 'dispute',
    currency: cdr.currency,
    bookedAtMs: nowMs,
    lines: [
      { ledgerAccount: ledgerAccount.disputed, micros: before },
      { ledgerAccount: ledgerAccount.payable(cdr.vun), micros: -after },
      { ledgerAccount: ledgerAccount.heldBack, micros: after - before },
    ],
  });
  await trx
    .updateTable('cdr')
    .set({ verdict: is === NOTHING ? 'credited' : 'held', ...columnsOf(is) })
    .where('session_id', '=', cdr.session_id)
    .execute();
};

const outcomeOf = (was: Amounts, is: Amounts): 'upheld' | 'revised' | 'credited' => {
  if (is === NOTHING) return 'credited';
  return was.totalMicros === is.totalMicros && payableOf(was) === payableOf(is) ? 'upheld' : 'revised';
};

/** What was decided is booked, once and for all. */
const clear = async (
  trx: Trx,
  row: DisputeRow,
  stood: Stood,
  { disputeId, is, nowMs }: { readonly disputeId: string; readonly is: Amounts; readonly nowMs: number },
): Promise<void> => {
  const cdr = await cdrOf(trx, row.session_id);
  const was = amountsOf(cdr);
  await trx
    .updateTable('record_dispute')
    .set({ outcome: outcomeOf(was, is), decided_micros: is.totalMicros })
    .where('session_id', '=', row.session_id)
    .execute();
  if (stood === 'held') {
    await clearHeld(trx, cdr, was, is, nowMs);
    return;
  }
  const { totalMicros, driverMicros, after } = await bookCustomer(trx, cdr, was, is, nowMs);
  if (stood === 'posted') {
    await trx
      .updateTable('cdr')
      .set({
        verdict: is === NOTHING ? 'credited' : 'posted',
        ...columnsOf(is),
        bill_total_micros: after.totalMicros,
        bill_driver_micros: after.driverMicros,
      })
      .where('session_id', '=', cdr.session_id)
      .execute();
    return;
  }
  if (totalMicros === 0n && driverMicros === 0n) return;
  if (cdr.customer_id === null) throw new Error('a billed record has no customer');
  await trx
    .insertInto('bill_correction')
    .values({
      session_id: cdr.session_id,
      dispute_id: disputeId,
      customer_id: cdr.customer_id,
      currency: cdr.bill_currency,
      outcome: is === NOTHING ? 'credited' : 'revised',
      total_micros: totalMicros,
      driver_micros: driverMicros,
      decided_at_ms: nowMs,
      bill_id: null,
    })
    .execute();
};

/** Where a dispute is for home's books. A late one stays on its invoice: it ends when it is upheld, or when its credit note is out. */
const placeOf = ({ record }: ShownDispute): DisputeRow['state'] => {
  if (record.late !== true) return record.state;
  if (record.state === 'upheld') return 'settled';
  return record.state === 'settled' ? 'settled' : 'disputed';
};

/** What a record that is settled comes to. @throws Error when the answer is not here, and silence did not give it. */
const settledAs = ({ record: { disputeId, answerHash }, answer }: ShownDispute): Amounts => {
  if (answer === undefined && answerHash !== undefined)
    throw new Error(`dispute ${disputeId} is settled by an answer that is not here`);
  return answer === undefined || answer.outcome === 'credited' ? NOTHING : answer;
};

/**
 * Brings a record's dispute to where the ledger has it, whatever was missed in between. Told again it changes nothing.
 * @throws Error when the ledger's answer is not whole: the bodies of a dispute are kept as long as it lasts.
 */
export const follow = async (trx: Trx, dispute: ShownDispute, nowMs: number): Promise<void> => {
  const { record, body } = dispute;
  if (body === undefined) throw new Error(`dispute ${record.disputeId} has no body here`);
  await lockBills(trx);
  const row = await trx
    .selectFrom('record_dispute')
    .selectAll()
    .where('session_id', '=', body.sessionId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || row.state === 'credited' || row.state === 'settled') return;
  const { disputeId } = record;
  const state = placeOf(dispute);
  const stood = row.stood ?? (await takeOff(trx, row, disputeId, nowMs));
  if (state === 'credited') await clear(trx, row, stood, { disputeId, is: NOTHING, nowMs });
  if (state === 'settled') await clear(trx, row, stood, { disputeId, is: settledAs(dispute), nowMs });
  await trx.updateTable('record_dispute').set({ state }).where('session_id', '=', row.session_id).execute();
};
