import { canonicalJson, visitorProfile, type VisitorProfile } from '@roamgrid/wire';
import { decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Trx } from '../store/database.ts';
import { revokeProfiles } from './revocations.ts';

/** Profiles that this utility signed for others, and what was used of them. */

/** What sessions under one profile took of it. */
export interface ProfileUse {
  readonly micros: bigint;
  readonly sessions: number;
}

/** A profile that a visited utility may hold now. */
export interface StandingProfile {
  readonly profile: VisitorProfile;
  readonly signedProfile: string;
  readonly used: ProfileUse;
}

/** Sum and count of a profile's sessions: totals of those that were booked, caps of those that are open. */
export const usedOf = async (
  trx: Trx,
  profileId: string,
  nowMs: number,
  exceptSessionId = '',
): Promise<ProfileUse> => {
  const { micros, sessions } = await trx
    .selectFrom('kept_session')
    .select([
      sql<bigint>`coalesce(sum(micros), 0)::bigint`.as('micros'),
      sql<bigint>`count(*)::bigint`.as('sessions'),
    ])
    .where('profile_id', '=', profileId)
    .where('session_id', '<>', exceptSessionId)
    .where((where) => where.or([where('state', '=', 'booked'), where('expires_at_ms', '>', nowMs)]))
    .executeTakeFirstOrThrow();
  return { micros, sessions: Number(sessions) };
};

/** What this customer's other profiles, of other lanes and cards, still let visited utilities lend alone: exposures less what was used of them. */
export const lentElsewhere = async (
  trx: Trx,
  customerId: string,
  here: { readonly laneId: string; readonly cinRef: string },
  nowMs: number,
): Promise<bigint> => {
  const used = sql<bigint>`coalesce((select sum(k.micros) from kept_session k
    where k.profile_id = issued_profile.profile_id and (k.state = 'booked' or k.expires_at_ms > ${nowMs})), 0)`;
  const { lent } = await trx
    .selectFrom('issued_profile')
    .select(sql<bigint>`coalesce(sum(greatest(exposure_micros - ${used}, 0)), 0)::bigint`.as('lent'))
    .where('customer_id', '=', customerId)
    .where((where) =>
      where.not(where.and([where('lane_id', '=', here.laneId), where('cin_ref', '=', here.cinRef)])),
    )
    .where('revoked_at_ms', 'is', null)
    .where('valid_until_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  return lent;
};

/** The profile of a CIN that a visited utility may hold now for a lane, its row locked. */
export const findStanding = async (
  trx: Trx,
  laneId: string,
  cinRef: string,
  nowMs: number,
): Promise<StandingProfile | undefined> => {
  const row = await trx
    .selectFrom('issued_profile')
    .select(['profile_id', 'profile', 'signed_profile'])
    .where('lane_id', '=', laneId)
    .where('cin_ref', '=', cinRef)
    .where('revoked_at_ms', 'is', null)
    .where('valid_until_ms', '>', nowMs)
    .orderBy('valid_from_ms', 'desc')
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    profile: visitorProfile.decode(row.profile as z.input<typeof visitorProfile>),
    signedProfile: row.signed_profile,
    used: await usedOf(trx, row.profile_id, nowMs),
  };
};

/** What a profile says besides its name, its amounts and its times. */
const footing = ({
  profileId: _id,
  perSessionMicros: _largest,
  exposureMicros: _exposure,
  validFromMs: _from,
  validUntilMs: _until,
  ...rest
}: z.input<typeof visitorProfile>): string => canonicalJson(rest);

/**
 * Whether a profile that stands serves as well as a new one would: on the same footing and by the same key, lending no
 * more than the customer's means allow now, with room for a further session and half of its time left. Then it stays, and
 * nothing is revoked for its sake.
 */
export const stillServes = (
  { profile, signedProfile, used }: StandingProfile,
  fresh: VisitorProfile,
  kid: string,
): boolean => {
  const restMicros = profile.exposureMicros - used.micros;
  return (
    footing(visitorProfile.encode(profile)) === footing(visitorProfile.encode(fresh)) &&
    decodeProtectedHeader(signedProfile).kid === kid &&
    restMicros <= fresh.exposureMicros &&
    restMicros >= profile.perSessionMicros &&
    used.sessions < profile.maxSessions &&
    2 * (profile.validUntilMs - fresh.validFromMs) >= fresh.validUntilMs - fresh.validFromMs
  );
};

/** Keeps a profile that is given to a visited utility in the place of the one before, which is revoked. */
export const keepIssued = async (
  trx: Trx,
  customerId: string,
  profile: VisitorProfile,
  signedProfile: string,
  revocationGraceMs: number,
  nowMs: number,
): Promise<void> => {
  await revokeProfiles(trx, { cinRef: profile.cinRef, laneId: profile.laneId }, nowMs);
  await trx
    .insertInto('issued_profile')
    .values({
      profile_id: profile.profileId,
      vun: profile.aud,
      lane_id: profile.laneId,
      customer_id: customerId,
      cin_ref: profile.cinRef,
      currency: profile.currency,
      per_session_micros: profile.perSessionMicros,
      exposure_micros: profile.exposureMicros,
      max_sessions: profile.maxSessions,
      revocation_grace_ms: revocationGraceMs,
      signed_profile: signedProfile,
      profile: JSON.stringify(visitorProfile.encode(profile)),
      valid_from_ms: profile.validFromMs,
      valid_until_ms: profile.validUntilMs,
      revoked_at_ms: null,
    })
    .execute();
};
