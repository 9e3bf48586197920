import { parseSessionId, visitorProfile, type HomeConsent } from '@roamgrid/wire';
import { decodeJwt } from 'jose';
import { placeHold } from '../hcp/accounts.ts';
import { usedOf } from '../hcp/issued-profiles.ts';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { derivedId } from '../store/ids.ts';
import { refuseOpening, type Openings, type ToldOpening } from './opening.ts';

export interface KeptOptions {
  readonly db: Db;
  readonly openings: Openings;
  readonly utilityId: string;
  readonly nowMs: () => number;
}

/** Name of the profile that an opening stands on. Whether home signed it is for the judgement to say. */
const profileIdOf = (evidence: string): string => {
  try {
    return visitorProfile.shape.profileId.parse(decodeJwt(evidence)['profileId']);
  } catch {
    throw aaaError('OPENING_INVALID', 'the evidence is no profile');
  }
};

const lockProfile = (trx: Trx, profileId: string, vun: string, cinRef: string) =>
  trx
    .selectFrom('issued_profile')
    .innerJoin('account', 'account.customer_id', 'issued_profile.customer_id')
    .select(['revoked_at_ms', 'exposure_micros', 'max_sessions', 'account.account_id'])
    .where('profile_id', '=', profileId)
    .where('vun', '=', vun)
    .where('cin_ref', '=', cinRef)
    .forUpdate('issued_profile')
    .executeTakeFirst();

/**
 * A visited utility opens a session on a profile that it keeps: the opening is judged as any, the profile must stand and
 * have room for the session's cap, and what it may cost is put aside. What was put aside and what was booked count
 * against the profile for its whole life.
 */
export const createKeptOpenings = ({ db, openings, utilityId, nowMs }: KeptOptions) => {
  const wasTaken = async (of: Db | Trx, { open, openText }: ToldOpening): Promise<boolean> => {
    const before = await of
      .selectFrom('kept_session')
      .select('open_body')
      .where('session_id', '=', open.sessionId)
      .executeTakeFirst();
    if (before === undefined) return false;
    // The ledger may have told of it first.
    if (before.open_body === null || before.open_body === openText) return true;
    throw aaaError('CONSENT_CONFLICT', `another opening of ${open.sessionId} was taken before`);
  };

  const requireRoom = async (
    trx: Trx,
    profile: NonNullable<Awaited<ReturnType<typeof lockProfile>>>,
    { open, quote }: ToldOpening,
    profileId: string,
  ): Promise<void> => {
    if (profile.revoked_at_ms !== null) throw refuseOpening('REVOKED', `profile ${profileId} is revoked`);
    const used = await usedOf(trx, profileId, nowMs(), open.sessionId);
    if (used.micros + quote.capMicros > profile.exposure_micros || used.sessions >= profile.max_sessions) {
      throw refuseOpening(
        'OVER_EXPOSURE',
        `with ${open.sessionId} more would be charged under profile ${profileId} than it allows: ask for another`,
      );
    }
  };

  const take = (vun: string, told: ToldOpening, profileId: string): Promise<void> =>
    db.transaction().execute(async (trx) => {
      const { open, quote, openText, signedQuote, countsUntilMs } = told;
      // Openings of one profile wait for one another here.
      const profile = await lockProfile(trx, profileId, vun, open.cinRef);
      if (profile === undefined)
        throw refuseOpening('NOT_FOUND', 'this node gave that utility no such profile of this customer');
      if (await wasTaken(trx, told)) return;
      await requireRoom(trx, profile, told, profileId);
      const accountId = profile.account_id;
      const holdId = derivedId('kept', vun, open.sessionId);
      const hold = { holdId, accountId, micros: quote.capMicros, expiresAtMs: countsUntilMs, offerOf: null };
      await placeHold(trx, hold, nowMs());
      await trx
        .insertInto('kept_session')
        .values({
          session_id: open.sessionId,
          profile_id: profileId,
          hold_id: holdId,
          signed_quote: signedQuote,
          open_body: openText,
          state: 'open',
          micros: quote.capMicros,
          expires_at_ms: countsUntilMs,
        })
        .execute();
    });

  return async (vun: string, request: HomeConsent): Promise<void> => {
    const told = await openings.read(vun, request, 'cache');
    const name = parseSessionId(told.open.sessionId);
    if (!name.ok || name.value.vun !== vun || name.value.hun !== utilityId)
      throw aaaError(
        'OPENING_INVALID',
        `${told.open.sessionId} is no number between ${vun} and ${utilityId}`,
      );
    if (await wasTaken(db, told)) return;
    const profileId = profileIdOf(told.open.evidence);
    await openings.judge(told.openText);
    await take(vun, told, profileId);
  };
};

export type KeptOpenings = ReturnType<typeof createKeptOpenings>;
