import type { Cdr } from '@roamgrid/wire';
import type { Trx } from '../store/database.ts';

/** A committed charge record as the gateway's feed tells it. */
export interface FeedItem {
  readonly cdr: Cdr;
  readonly cinRef: string;
  readonly authorisedBy: 'home' | 'cache';
}

/** How a record stands against what this node authorised. */
export interface CdrCheck {
  readonly customerId: string | undefined;
  readonly accountId: string | undefined;
  readonly holdId: string | undefined;
  /** Empty when it may be booked; otherwise everything that is wrong with it. */
  readonly reasons: readonly string[];
}

const accountOf = (trx: Trx, cinRef: string) =>
  trx
    .selectFrom('cin')
    .innerJoin('account', 'account.customer_id', 'cin.customer_id')
    .select(['cin.customer_id as customerId', 'account.account_id as accountId', 'account.currency'])
    .where('cin.cin_ref', '=', cinRef)
    .executeTakeFirst();

/** A session that this node decided on itself: its cap, its driver, and what was reported on the way. */
const checkHome = async (trx: Trx, { cdr, cinRef }: FeedItem) => {
  const session = await trx
    .selectFrom('home_session')
    .select(['cin_ref', 'cap_micros', 'currency', 'hold_id'])
    .where('vun', '=', cdr.vun)
    .where('session_id', '=', cdr.sessionId)
    .executeTakeFirst();
  if (session === undefined)
    return { holdId: undefined, reasons: ['no consent of this session reached this node'] };
  const { reported } = await trx
    .selectFrom('home_report')
    .select((query) => query.fn.max('energy_wh').as('reported'))
    .where('vun', '=', cdr.vun)
    .where('session_id', '=', cdr.sessionId)
    .executeTakeFirstOrThrow();
  const reasons = [
    ...(session.cin_ref === cinRef ? [] : ['the record is for another CIN than the consent']),
    ...(session.currency === cdr.currency
      ? []
      : [`the record is in ${cdr.currency}, the consent in ${session.currency}`]),
    ...(cdr.totalMicros <= session.cap_micros ? [] : ['the total is above the consented cap']),
    // The type says that a maximum of nothing cannot be; in SQL it is null.
    ...(((reported as bigint | null) ?? 0n) <= cdr.energyWh
      ? []
      : ['interim reports told of more energy than the record']),
  ];
  return { holdId: session.hold_id, reasons };
};

/** A session that the visited utility authorised alone: one of this node's profiles must have let it. */
const checkCached = async (trx: Trx, { cdr, cinRef }: FeedItem) => {
  const profile = await trx
    .selectFrom('issued_profile')
    .select('profile_id')
    .where('vun', '=', cdr.vun)
    .where('cin_ref', '=', cinRef)
    .where('currency', '=', cdr.currency)
    .where('valid_from_ms', '<=', cdr.startMs)
    .where('valid_until_ms', '>', cdr.startMs)
    .where('per_session_micros', '>=', cdr.totalMicros)
    .executeTakeFirst();
  return {
    holdId: undefined,
    reasons: profile === undefined ? ['no profile of this node allows this session'] : [],
  };
};

/** Compares a committed record with this node's own authorisations, profiles and interim records. */
export const checkCdr = async (trx: Trx, utilityId: string, item: FeedItem): Promise<CdrCheck> => {
  const { cdr } = item;
  const account = await accountOf(trx, item.cinRef);
  const { holdId, reasons } = await (item.authorisedBy === 'home'
    ? checkHome(trx, item)
    : checkCached(trx, item));
  const { hun, vun, infrastructure, driver } = cdr.shares;
  return {
    customerId: account?.customerId,
    accountId: account?.accountId,
    holdId,
    reasons: [
      ...(cdr.hun === utilityId ? [] : ['the record is another utility’s']),
      ...(account === undefined ? ['no customer has this CIN'] : []),
      ...(account === undefined || account.currency === cdr.currency
        ? []
        : ['the account has another currency']),
      ...(hun + vun + infrastructure + driver === cdr.totalMicros
        ? []
        : ['the shares do not add up to the total']),
      ...reasons,
    ],
  };
};
