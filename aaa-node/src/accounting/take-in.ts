import {
  cdr as cdrSchema,
  convert,
  exchange as exchangeSchema,
  parseSessionId,
  type Cdr,
  type Exchange,
} from '@roamgrid/wire';
import { sql, type Selectable } from 'kysely';
import type { z } from 'zod';
import { settleHold } from '../hcp/accounts.ts';
import { keepOfflineSession, settleToken } from '../offline/settle.ts';
import { consentByLedger } from '../roaming/ledger-consent.ts';
import type { Trx } from '../store/database.ts';
import type { AaaDatabase } from '../store/schema.ts';
import { bookedUnder, checkCdr, type CdrCheck, type FeedItem } from './check-cdr.ts';
import { book, ledgerAccount } from './journal.ts';

/** One committed record on its way to a customer's bill: checked, then booked or held and judged again later. */

/** What the visited utility gets of a record, whoever is billed for it. */
const payableOf = ({ shares }: Cdr): bigint => shares.vun + shares.infrastructure;

/** Who gets that: a partner, or the utility itself for its own stations. */
const creditorOf = ({ vun, hun }: Cdr): string =>
  vun === hun ? ledgerAccount.ownStations : ledgerAccount.payable(vun);

/** The ledger says that the visited utility is owed: it is, although no customer is billed for it yet. */
const holdBack = (trx: Trx, { cdr }: FeedItem, nowMs: number): Promise<boolean> =>
  book(trx, {
    entryId: `held:${cdr.sessionId}`,
    kind: 'held',
    currency: cdr.currency,
    bookedAtMs: nowMs,
    lines: [
      { ledgerAccount: ledgerAccount.heldBack, micros: payableOf(cdr) },
      { ledgerAccount: creditorOf(cdr), micros: -payableOf(cdr) },
    ],
  });

/** To whose account a record goes, and by which rate. */
interface Posting {
  readonly accountId: string;
  readonly exchange: Exchange | undefined;
}

/** What the customer is billed, in the account's own currency: each amount is converted for itself. */
const billedOf = ({ currency, totalMicros, shares }: Cdr, exchange: Exchange | undefined) =>
  exchange === undefined
    ? { currency, totalMicros, driverMicros: shares.driver }
    : {
        currency: exchange.currency,
        totalMicros: convert(totalMicros, exchange),
        driverMicros: convert(shares.driver, exchange),
      };

/**
 * Books a record: the customer owes the total less its own share, the partner and the utility get theirs. In two
 * currencies these are two entries, each in balance, over the account of what is exchanged.
 */
const post = async (
  trx: Trx,
  { cdr }: FeedItem,
  { accountId, exchange }: Posting,
  wasHeld: boolean,
  nowMs: number,
): Promise<void> => {
  const { hun, driver } = cdr.shares;
  const billed = billedOf(cdr, exchange);
  const customer = ledgerAccount.customer(accountId);
  const owedTo = wasHeld ? ledgerAccount.heldBack : creditorOf(cdr);
  const owed = [
    { ledgerAccount: owedTo, micros: -payableOf(cdr) },
    { ledgerAccount: ledgerAccount.revenue, micros: -hun },
  ];
  const exchanged = ledgerAccount.exchanged;
  const entryId = `cdr:${cdr.sessionId}`;
  const common = { kind: 'cdr', bookedAtMs: nowMs } as const;
  const payable = billed.totalMicros - billed.driverMicros;
  const booked = await book(trx, {
    ...common,
    entryId,
    currency: billed.currency,
    lines: [
      { ledgerAccount: customer, micros: billed.totalMicros },
      { ledgerAccount: customer, micros: -billed.driverMicros },
      ...(exchange === undefined ? owed : [{ ledgerAccount: exchanged, micros: -payable }]),
    ],
  });
  if (!booked) return;
  if (exchange !== undefined) {
    const abroad = { ledgerAccount: exchanged, micros: cdr.totalMicros - driver };
    const lines = [abroad, ...owed];
    await book(trx, { ...common, entryId: `${entryId}:abroad`, currency: cdr.currency, lines });
  }
  await trx
    .updateTable('account')
    .set({ balance_micros: sql<bigint>`balance_micros - ${payable}` })
    .where('account_id', '=', accountId)
    .execute();
};

/** From now on the session takes its total of the profile, whether or not its opening had been told here. */
const bookKept = async (trx: Trx, cdr: Cdr, profileId: string, nowMs: number): Promise<void> => {
  const booked = { state: 'booked', micros: cdr.totalMicros } as const;
  await trx
    .insertInto('kept_session')
    .values({
      session_id: cdr.sessionId,
      profile_id: profileId,
      hold_id: null,
      signed_quote: null,
      open_body: null,
      expires_at_ms: nowMs,
      ...booked,
    })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet(booked))
    .execute();
};

/** Columns by which a record is billed. */
const billingOf = (cdr: Cdr, exchange: Exchange | undefined) => {
  const { currency, totalMicros, driverMicros } = billedOf(cdr, exchange);
  return {
    bill_currency: currency,
    bill_total_micros: totalMicros,
    bill_driver_micros: driverMicros,
    exchange: exchange === undefined ? null : JSON.stringify(exchangeSchema.encode(exchange)),
  };
};

/** What follows from a record that may be billed. */
const postAll = async (
  trx: Trx,
  item: FeedItem,
  { accountId, holdId, exchange }: CdrCheck,
  wasHeld: boolean,
  nowMs: number,
): Promise<void> => {
  const { cdr, authorisedBy, profileId } = item;
  if (accountId === undefined) throw new Error(`${cdr.sessionId} may be billed, but to nobody`);
  await post(trx, item, { accountId, exchange }, wasHeld, nowMs);
  if (holdId !== undefined) await settleHold(trx, holdId);
  if (authorisedBy === 'home') {
    await trx
      .updateTable('home_session')
      .set({ state: 'billed' })
      .where('vun', '=', cdr.vun)
      .where('session_id', '=', cdr.sessionId)
      .execute();
  } else if (profileId !== undefined && !(await settleToken(trx, profileId, bookedUnder)))
    await bookKept(trx, cdr, profileId, nowMs);
};

const check = async (trx: Trx, utilityId: string, item: FeedItem): Promise<CdrCheck> => {
  if (item.authorisedBy === 'home') await consentByLedger(trx, item);
  return checkCdr(trx, utilityId, item);
};

const insert = async (trx: Trx, item: FeedItem, check: CdrCheck, nowMs: number) => {
  const { cdr } = item;
  const { customerId, reasons, exchange } = check;
  const name = parseSessionId(cdr.sessionId);
  if (!name.ok) throw new Error(name.error.message);
  const isHeld = reasons.length > 0;
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('cdr')
    .values({
      session_id: cdr.sessionId,
      vun: cdr.vun,
      lane_id: name.value.laneId,
      lane_sequence: cdr.laneSequence,
      cin_ref: item.cinRef,
      customer_id: customerId ?? null,
      authorised_by: item.authorisedBy,
      consent_by: item.consentBy,
      profile_id: item.profileId ?? null,
      currency: cdr.currency,
      total_micros: cdr.totalMicros,
      hun_micros: cdr.shares.hun,
      vun_micros: cdr.shares.vun,
      infrastructure_micros: cdr.shares.infrastructure,
      driver_micros: cdr.shares.driver,
      energy_wh: cdr.energyWh,
      start_ms: cdr.startMs,
      end_ms: cdr.endMs,
      body: JSON.stringify(cdrSchema.encode(cdr)),
      opened_at_ms: item.openedAtMs,
      open_body: isHeld ? (item.openBody ?? null) : null,
      verdict: isHeld ? 'held' : 'posted',
      reasons: JSON.stringify(reasons),
      judged_at_ms: nowMs,
      bill_id: null,
      ...billingOf(cdr, exchange),
    })
    .onConflict((conflict) => conflict.column('session_id').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
};

/** Takes one record in, once. */
export const takeIn = async (trx: Trx, utilityId: string, item: FeedItem, nowMs: number): Promise<void> => {
  const found = await check(trx, utilityId, item);
  if (!(await insert(trx, item, found, nowMs))) return;
  await keepOfflineSession(trx, item);
  if (found.reasons.length > 0) await holdBack(trx, item, nowMs);
  else await postAll(trx, item, found, false, nowMs);
};

/** A record as it was kept, with the amounts that it comes to by now: a dispute may have changed them. */
const itemOf = (row: Selectable<AaaDatabase['cdr']>): FeedItem => ({
  cdr: {
    ...cdrSchema.decode(row.body as z.input<typeof cdrSchema>),
    energyWh: row.energy_wh,
    totalMicros: row.total_micros,
    shares: {
      hun: row.hun_micros,
      vun: row.vun_micros,
      infrastructure: row.infrastructure_micros,
      driver: row.driver_micros,
    },
  },
  cinRef: row.cin_ref,
  authorisedBy: row.authorised_by,
  consentBy: row.consent_by,
  openedAtMs: row.opened_at_ms,
  ...(row.profile_id === null ? {} : { profileId: row.profile_id }),
  ...(row.open_body === null ? {} : { openBody: row.open_body }),
});

/** Judges a held record again by what is known now; booked when nothing is wrong with it any more. */
export const judgeAgain = async (
  trx: Trx,
  utilityId: string,
  sessionId: string,
  nowMs: number,
): Promise<void> => {
  const row = await trx
    .selectFrom('cdr')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('verdict', '=', 'held')
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return;
  const item = itemOf(row);
  const found = await check(trx, utilityId, item);
  const isHeld = found.reasons.length > 0;
  await trx
    .updateTable('cdr')
    .set({
      customer_id: found.customerId ?? null,
      verdict: isHeld ? 'held' : 'posted',
      reasons: JSON.stringify(found.reasons),
      judged_at_ms: nowMs,
      ...(isHeld ? {} : { open_body: null }),
      ...billingOf(item.cdr, found.exchange),
    })
    .where('session_id', '=', sessionId)
    .execute();
  if (!isHeld) await postAll(trx, item, found, true, nowMs);
};
