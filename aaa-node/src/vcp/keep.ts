import { parseCinEntry, cinParts } from '@roamgrid/domain';
import {
  DOCUMENT_TYPE,
  isInt64,
  laneParts,
  openDocument,
  presentKeys,
  visitorProfile,
  type visitorKeep,
} from '@roamgrid/wire';
import type { z } from 'zod';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';

/** No leave from home lives longer here, whatever it says. */
const LONGEST_PROFILE_MS = 31 * 86_400_000;

export interface KeepOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly utilityId: string;
  readonly channel: string;
  readonly visitorKey: (cin: string) => string;
  readonly nowMs: () => number;
}

/** Keeps what a home utility signed, for its bounded time; a newer profile of the same visitor in the same lane takes the place. */
export const createProfileKeeper =
  ({ db, registry, utilityId, channel, visitorKey, nowMs }: KeepOptions) =>
  async ({ cin: cinText, signedProfile, language }: z.output<typeof visitorKeep>): Promise<void> => {
    const cin = parseCinEntry(cinText);
    if (!cin.ok) throw aaaError('PROFILE_REFUSED', cin.error.message);
    const hun = cinParts(cin.value).utility;
    const issuer = await registry.issuer(hun);
    if (!issuer.ok) throw aaaError('PROFILE_REFUSED', `the registry holds ${hun} for ${issuer.why}`);
    const keys = presentKeys(issuer.entry.utility.signingKeys);
    const opened = await openDocument(visitorProfile, DOCUMENT_TYPE.profile, signedProfile, keys);
    if (!opened.ok) throw aaaError('PROFILE_REFUSED', opened.error.message);
    const profile = opened.value;
    const longestMs = Math.min(LONGEST_PROFILE_MS, issuer.entry.terms?.profileLifetimeMs ?? 0);
    const livesTooLong = profile.validUntilMs - profile.validFromMs > longestMs;
    const { vun, hun: home } = laneParts(profile.laneId);
    const forUs =
      profile.iss === hun &&
      home === hun &&
      profile.aud === utilityId &&
      vun === utilityId &&
      profile.channel === channel;
    const isCountable = isInt64(profile.exposureMicros) && isInt64(profile.perSessionMicros);
    if (!isCountable) throw aaaError('PROFILE_REFUSED', 'the profile lends more than can be counted');
    if (!forUs || livesTooLong || profile.validUntilMs <= nowMs()) {
      throw aaaError(
        'PROFILE_REFUSED',
        'the profile is not of this home for a lane of this utility and channel, or out of its time',
      );
    }
    const row = {
      hun,
      profile_id: profile.profileId,
      signed_profile: signedProfile,
      profile: JSON.stringify(visitorProfile.encode(profile)),
      language: language ?? null,
      valid_until_ms: profile.validUntilMs,
    };
    await db.transaction().execute(async (trx) => {
      // The first profile of a home begins the reading of its revocations: nothing older concerns us.
      await trx
        .insertInto('visitor_home')
        .values({ hun, cursor: '', read_at_ms: nowMs() })
        .onConflict((conflict) => conflict.column('hun').doNothing())
        .execute();
      await trx
        .insertInto('visitor_profile')
        .values({
          visitor_key: visitorKey(cin.value),
          lane_id: profile.laneId,
          revoked_at_ms: null,
          ...row,
        })
        // The same profile again must not lift its revocation.
        .onConflict((conflict) =>
          conflict
            .columns(['visitor_key', 'lane_id'])
            .doUpdateSet({ ...row, revoked_at_ms: null })
            .whereRef('visitor_profile.profile_id', '<>', 'excluded.profile_id'),
        )
        .execute();
    });
  };

export type ProfileKeeper = ReturnType<typeof createProfileKeeper>;
