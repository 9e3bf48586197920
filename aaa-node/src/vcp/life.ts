import {
  canonicalText,
  homeInterim,
  laneOf,
  visitorProfile,
  type Cdr,
  type HomeInterim,
  type VisitorProfile,
  type visitorRevocations,
} from '@roamgrid/wire';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import { aaaError } from '../problems.ts';
import { CONSENT_DELIVERY_MS } from '../roaming/decide.ts';
import type { Db, Trx } from '../store/database.ts';
import type { AaaDatabase } from '../store/schema.ts';
import { usedOf } from './authorise.ts';

/** What happens to a local authorisation after the yes. */

/** Whether a reservation that lapsed can still be had: its consent comes late, and nobody else took its room. */
const mayComeLate = async (
  trx: Trx,
  profile: VisitorProfile | undefined,
  held: Selectable<AaaDatabase['visitor_exposure']>,
  capMicros: bigint,
  nowMs: number,
): Promise<boolean> => {
  if (profile === undefined || nowMs > held.expires_at_ms + CONSENT_DELIVERY_MS) return false;
  const { usedMicros, usedSessions } = await usedOf(trx, held.profile_id, held.session_id, nowMs);
  return usedMicros + capMicros <= profile.exposureMicros && usedSessions < profile.maxSessions;
};

/** The profile of a reservation, its row locked before the reservation's, as a swipe does. */
const lockProfileOf = async (trx: Trx, sessionId: string): Promise<VisitorProfile | undefined> => {
  const row = await trx
    .selectFrom('visitor_profile')
    .select('profile')
    .where('profile_id', '=', (query) =>
      query
        .selectFrom('visitor_exposure')
        .select('visitor_exposure.profile_id')
        .where('session_id', '=', sessionId),
    )
    .forUpdate()
    .executeTakeFirst();
  return row && visitorProfile.decode(row.profile as z.input<typeof visitorProfile>);
};

/** The driver consented: the reservation shrinks to the cap and stays for the profile's whole life. */
export const consentVisitor = (
  db: Db,
  sessionId: string,
  { capMicros }: { readonly capMicros: bigint },
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const profile = await lockProfileOf(trx, sessionId);
    const held = await trx
      .selectFrom('visitor_exposure')
      .selectAll()
      .where('session_id', '=', sessionId)
      .forUpdate()
      .executeTakeFirst();
    if (held === undefined) throw aaaError('EXPOSURE_UNKNOWN', 'no local authorisation has this id');
    if (held.state === 'consented' && held.micros === capMicros) return;
    // The ledger may have told of the session first.
    if (held.state === 'booked') return;
    if (held.state !== 'reserved') throw aaaError('CONSENT_CONFLICT', 'another consent was given before');
    if (capMicros > held.micros) throw aaaError('QUOTE_INVALID', 'the cap is above what the profile allows');
    if (held.expires_at_ms <= nowMs && !(await mayComeLate(trx, profile, held, capMicros, nowMs)))
      throw aaaError('AUTHORISATION_EXPIRED', 'the reservation ran out');
    await trx
      .updateTable('visitor_exposure')
      .set({ state: 'consented', micros: capMicros })
      .where('session_id', '=', sessionId)
      .execute();
  });

/** These sessions stand on the ledger: what they took of their profiles is their total now, as the contract counts it. */
export const bookExposure = async (
  trx: Trx,
  cdrs: readonly Pick<Cdr, 'sessionId' | 'totalMicros'>[],
): Promise<void> => {
  for (const { sessionId, totalMicros } of cdrs) {
    await trx
      .updateTable('visitor_exposure')
      .set({ state: 'booked', micros: totalMicros })
      .where('session_id', '=', sessionId)
      .execute();
  }
};

/** Forgets what a home revoked, and remembers how far its list was read. */
export const takeRevocations = (
  db: Db,
  { hun, revocations, cursor }: z.output<typeof visitorRevocations>,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    if (revocations.length > 0) {
      await trx
        .updateTable('visitor_profile')
        .set({ revoked_at_ms: nowMs })
        .where('hun', '=', hun)
        .where('revoked_at_ms', 'is', null)
        .where(
          'profile_id',
          'in',
          revocations.map(({ profileId }) => profileId),
        )
        .execute();
    }
    await trx.updateTable('visitor_home').set({ cursor, read_at_ms: nowMs }).where('hun', '=', hun).execute();
  });

/** Homes whose profiles are kept and alive, with the cursor of their revocations. */
export const visitorHomes = async (db: Db, nowMs: number) => {
  const homes = await db
    .selectFrom('visitor_home')
    .select(['hun', 'cursor'])
    .where('hun', 'in', (query) =>
      query.selectFrom('visitor_profile').select('hun').where('valid_until_ms', '>', nowMs),
    )
    .orderBy('hun')
    .execute();
  return { homes };
};

/** Interim accounting of a locally authorised session: goes on while the profile stands and the cap is not reached. */
export const keepVisitorReport = (
  db: Db,
  sessionId: string,
  report: HomeInterim,
): Promise<'continue' | 'stop'> =>
  db.transaction().execute(async (trx) => {
    const session = await trx
      .selectFrom('visitor_exposure')
      .leftJoin('visitor_profile', (join) =>
        join
          .onRef('visitor_profile.visitor_key', '=', 'visitor_exposure.visitor_key')
          .on('visitor_profile.lane_id', '=', laneOf(sessionId)),
      )
      .select([
        'visitor_exposure.micros',
        'visitor_exposure.state',
        'visitor_profile.revoked_at_ms as revokedAtMs',
      ])
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (session === undefined) throw aaaError('SESSION_UNKNOWN', 'no local session has this id');
    const text = canonicalText(homeInterim, report);
    const { numInsertedOrUpdatedRows = 0n } = await trx
      .insertInto('visitor_report')
      .values({ session_id: sessionId, sequence: report.sequence, report: text })
      .onConflict((conflict) => conflict.columns(['session_id', 'sequence']).doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 0n) {
      const before = await trx
        .selectFrom('visitor_report')
        .select('report')
        .where('session_id', '=', sessionId)
        .where('sequence', '=', report.sequence)
        .executeTakeFirstOrThrow();
      if (canonicalText(homeInterim, homeInterim.parse(before.report)) !== text) {
        throw aaaError('REPORT_CONFLICT', `sequence ${report.sequence} of this session reads otherwise`);
      }
    }
    const goOn =
      session.state === 'consented' && session.revokedAtMs === null && report.runningMicros < session.micros;
    return goOn ? 'continue' : 'stop';
  });
