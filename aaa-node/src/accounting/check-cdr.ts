import { homeDecision, parseSessionId, type Cdr, type ConsentKind, type Exchange } from '@roamgrid/wire';
import type { z } from 'zod';
import { sql } from 'kysely';
import { checkToken } from '../offline/settle.ts';
import type { Trx } from '../store/database.ts';

/** A committed charge record as the gateway's feed tells it. */
export interface FeedItem {
  readonly cdr: Cdr;
  readonly cinRef: string;
  readonly authorisedBy: 'home' | 'cache';
  readonly consentBy: ConsentKind;
  readonly openedAtMs: number;
  /** Of a session on a kept profile. */
  readonly profileId?: string;
  /** Of a session that began at a charger without network: where, and its number there. */
  readonly offline?: { readonly evseId: string; readonly number: number };
  /** Of a session that home authorised: canonical text of its opening. */
  readonly openBody?: string;
}

/** How a record stands against what this node authorised. */
export interface CdrCheck {
  readonly customerId: string | undefined;
  readonly accountId: string | undefined;
  readonly holdId: string | undefined;
  /** The rate that home fixed for the session, of an account in another currency. */
  readonly exchange: Exchange | undefined;
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
    .innerJoin('decision', 'decision.session_id', 'home_session.session_id')
    .select(['home_session.cin_ref', 'cap_micros', 'currency', 'home_session.hold_id', 'decision.decision'])
    .where('home_session.vun', '=', cdr.vun)
    .where('home_session.session_id', '=', cdr.sessionId)
    .executeTakeFirst();
  if (session === undefined)
    return {
      holdId: undefined,
      exchange: undefined,
      reasons: ['no consent of this session reached this node'],
    };
  const said = homeDecision.decode(session.decision as z.input<typeof homeDecision>);
  const exchange = said.outcome === 'authorised' ? said.authorisation.exchange : undefined;
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
  return { holdId: session.hold_id, exchange, reasons };
};

/** What was booked under a profile, or a token, so far. */
export const bookedUnder = async (
  trx: Trx,
  profileId: string,
): Promise<{ micros: bigint; sessions: number }> => {
  const { micros, sessions } = await trx
    .selectFrom('cdr')
    .select([
      sql<bigint>`coalesce(sum(total_micros), 0)::bigint`.as('micros'),
      sql<bigint>`count(*)::bigint`.as('sessions'),
    ])
    .where('profile_id', '=', profileId)
    .where('verdict', '=', 'posted')
    .executeTakeFirstOrThrow();
  return { micros, sessions: Number(sessions) };
};

/**
 * A session that the visited utility authorised alone: one of this node's profiles must have let it, when it opened, and
 * together with all that was booked under the profile before.
 */
const checkCached = async (trx: Trx, { cdr, cinRef, openedAtMs, profileId = '' }: FeedItem) => {
  const profile = await trx
    .selectFrom('issued_profile')
    .leftJoin('kept_session', (join) =>
      join
        .onRef('kept_session.profile_id', '=', 'issued_profile.profile_id')
        .on('kept_session.session_id', '=', cdr.sessionId),
    )
    .selectAll('issued_profile')
    .select('hold_id')
    .where('issued_profile.profile_id', '=', profileId)
    .where('vun', '=', cdr.vun)
    .where('cin_ref', '=', cinRef)
    .executeTakeFirst();
  if (profile === undefined)
    return {
      holdId: undefined,
      exchange: undefined,
      reasons: ['no profile of this node allows this session'],
    };
  const booked = await bookedUnder(trx, profileId);
  const revokedForMs = openedAtMs - (profile.revoked_at_ms ?? Number.POSITIVE_INFINITY);
  const wrongs: readonly (readonly [boolean, string])[] = [
    [
      profile.currency !== cdr.currency,
      `the record is in ${cdr.currency}, the profile in ${profile.currency}`,
    ],
    [
      openedAtMs < profile.valid_from_ms || openedAtMs > profile.valid_until_ms,
      'the session opened outside the profile’s time',
    ],
    [cdr.totalMicros > profile.per_session_micros, 'the total is above the profile’s largest session'],
    [
      booked.micros + cdr.totalMicros > profile.exposure_micros,
      `with it more would be booked under profile ${profileId} than its exposure`,
    ],
    [
      booked.sessions >= profile.max_sessions,
      `with it more sessions would be booked under profile ${profileId} than it allows`,
    ],
    [
      revokedForMs > profile.revocation_grace_ms,
      'the session opened after the profile’s revocation could be read',
    ],
  ];
  return {
    holdId: profile.hold_id ?? undefined,
    exchange: undefined,
    reasons: wrongs.filter(([wrong]) => wrong).map(([, reason]) => reason),
  };
};

/** Whether the record's number is of its pair. */
const isOfPair = ({ cdrId, sessionId, vun, hun }: Cdr): boolean => {
  const name = parseSessionId(sessionId);
  return cdrId === sessionId && name.ok && name.value.vun === vun && name.value.hun === hun;
};

/** Compares a committed record with this node's own authorisations, profiles and interim records. */
export const checkCdr = async (trx: Trx, utilityId: string, item: FeedItem): Promise<CdrCheck> => {
  const { cdr } = item;
  const account = await accountOf(trx, item.cinRef);
  const { holdId, exchange, reasons } = await (item.authorisedBy === 'home'
    ? checkHome(trx, item)
    : ((await checkToken(trx, item, bookedUnder)) ?? checkCached(trx, item)));
  const { hun, vun, infrastructure, driver } = cdr.shares;
  return {
    customerId: account?.customerId,
    accountId: account?.accountId,
    holdId,
    exchange,
    reasons: [
      ...(cdr.hun === utilityId ? [] : ['the record is another utility’s']),
      ...(isOfPair(cdr) ? [] : ['the record’s number is not of its pair']),
      ...(account === undefined ? ['no customer has this CIN'] : []),
      ...(account === undefined || account.currency === (exchange?.currency ?? cdr.currency)
        ? []
        : ['the account has another currency']),
      ...(hun + vun + infrastructure + driver === cdr.totalMicros
        ? []
        : ['the shares do not add up to the total']),
      ...reasons,
    ],
  };
};
