import { authoriseLocally, divide, localHeadroomMicros, PPM } from '@roamgrid/domain';
import { laneOf, visitorProfile, type ChargeOffer, type VisitorAnswer } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Db, Trx } from '../store/database.ts';

export interface LocalQuestion {
  readonly visitorKey: string;
  readonly offer: ChargeOffer;
  readonly homeDown: boolean;
}

export interface LocalLimits {
  /** A reservation waits so long for the driver's consent, and no longer than its offer. */
  readonly consentMs: number;
  /** Most reservations of one visitor that wait; beyond, the oldest lapses. */
  readonly offersPerCard: number;
  /** Without a reading of the home's revocations for so long, only the home itself can authorise. */
  readonly revocationsStaleMs: number;
}

type Why = Extract<VisitorAnswer, { outcome: 'ask-home' }>['why'];
const ask = (why: Why): VisitorAnswer => ({ outcome: 'ask-home', why });

/** Makes room for one more reservation of a visitor, whose profile is locked. */
const lapseOldest = async (
  trx: Trx,
  { visitorKey, offer }: LocalQuestion,
  offersPerCard: number,
  nowMs: number,
): Promise<void> => {
  await trx
    .updateTable('visitor_exposure')
    .set({ expires_at_ms: nowMs })
    .where('session_id', 'in', (query) =>
      query
        .selectFrom('visitor_exposure')
        .select('session_id')
        .where('visitor_key', '=', visitorKey)
        .where('session_id', '<>', offer.sessionId)
        .where('state', '=', 'reserved')
        .where('expires_at_ms', '>', nowMs)
        .orderBy('expires_at_ms', 'desc')
        .orderBy('session_id')
        .offset(offersPerCard - 1),
    )
    .execute();
};

/**
 * What a profile's other sessions took of it, over its whole life: totals of those on the ledger, caps of those that a
 * driver consented to, the largest session for reservations in their time.
 */
export const usedOf = async (trx: Trx, profileId: string, exceptSessionId: string, nowMs: number) => {
  const { micros, sessions } = await trx
    .selectFrom('visitor_exposure')
    .select([
      sql<bigint>`coalesce(sum(micros), 0)::bigint`.as('micros'),
      sql<bigint>`count(*)::bigint`.as('sessions'),
    ])
    .where('profile_id', '=', profileId)
    .where('session_id', '<>', exceptSessionId)
    .where((where) => where.or([where('state', '<>', 'reserved'), where('expires_at_ms', '>', nowMs)]))
    .executeTakeFirstOrThrow();
  return { usedMicros: micros, usedSessions: Number(sessions) };
};

/**
 * May this visitor charge on the kept profile? On a yes the largest cap of the session is reserved of the exposure, in
 * the same transaction and with the profile's row locked, so that two swipes at once cannot both use up the same rest.
 */
export const authoriseVisitor = (
  db: Db,
  question: LocalQuestion,
  { consentMs, revocationsStaleMs, offersPerCard }: LocalLimits,
  nowMs: number,
): Promise<VisitorAnswer> =>
  db.transaction().execute(async (trx) => {
    const { visitorKey, offer, homeDown } = question;
    const kept = await trx
      .selectFrom('visitor_profile')
      .innerJoin('visitor_home', 'visitor_home.hun', 'visitor_profile.hun')
      .select([
        'signed_profile',
        'profile',
        'language',
        'revoked_at_ms',
        'profile_id',
        'visitor_home.read_at_ms',
      ])
      .where('visitor_key', '=', visitorKey)
      .where('lane_id', '=', laneOf(offer.sessionId))
      .forUpdate('visitor_profile')
      .executeTakeFirst();
    if (kept === undefined) return ask('unknown');
    const profile = visitorProfile.decode(kept.profile as z.input<typeof visitorProfile>);
    const fits =
      offer.minAdjustmentPpm <= profile.adjustmentPpm && profile.adjustmentPpm <= offer.maxAdjustmentPpm;
    if (!fits || profile.currency !== offer.currency) return ask('adjustment');
    await lapseOldest(trx, question, offersPerCard, nowMs);
    const used = await usedOf(trx, profile.profileId, offer.sessionId, nowMs);
    const capMicros = localHeadroomMicros(profile, used);
    const estimateMicros = divide(offer.estimateMicros * (PPM + profile.adjustmentPpm), PPM, 'ceiling');
    const known = {
      atMs: nowMs,
      revoked: kept.revoked_at_ms !== null,
      revocationsReadAtMs: kept.read_at_ms,
      revocationsMaxAgeMs: revocationsStaleMs,
      ...used,
      homeDown,
    };
    // The quote may be anything up to the profile's own cap for a session, so that is what must still fit.
    const local = authoriseLocally(profile, known, profile.perSessionMicros);
    if (local.outcome === 'ask-home') return ask(local.why);
    if (estimateMicros > capMicros) return ask('limit');
    const reservation = {
      visitor_key: visitorKey,
      profile_id: profile.profileId,
      hun: profile.iss,
      micros: profile.perSessionMicros,
      state: 'reserved' as const,
      expires_at_ms: Math.min(offer.validUntilMs, nowMs + consentMs),
    };
    await trx
      .insertInto('visitor_exposure')
      .values({ session_id: offer.sessionId, ...reservation })
      .onConflict((conflict) =>
        conflict
          .column('session_id')
          .doUpdateSet(reservation)
          .where('visitor_exposure.state', '=', 'reserved'),
      )
      .execute();
    return {
      outcome: 'granted',
      evidence: kept.signed_profile,
      profile,
      ...(kept.language !== null && { language: kept.language }),
    };
  });
