import type { Logger } from '@roamgrid/service-kit';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';

/** Told in one round. */
const ROUND = 50;
/** Pause before the next try: doubled each time, up to a minute. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * One round of telling the ledger which profiles are revoked, oldest first: there nothing that opens later is settled,
 * whatever the visited utility has read. The command's id comes from the profile's, so telling it again changes nothing.
 */
export const createRevocationTeller = (db: Db, gateway: GatewayClient, nowMs: () => number, log: Logger) =>
  serially(async (): Promise<void> => {
    const due = await db
      .selectFrom('revocation')
      .innerJoin('issued_profile', 'issued_profile.profile_id', 'revocation.profile_id')
      .select(['seq', 'tries', 'revocation.profile_id', 'lane_id', 'valid_until_ms'])
      .where('told_at_ms', 'is', null)
      .where('next_try_ms', '<=', nowMs())
      .orderBy('seq')
      .limit(ROUND)
      .execute();
    for (const { seq, tries, profile_id: profileId, lane_id: laneId, valid_until_ms: validUntilMs } of due) {
      const told = await gateway.revokeProfile({ profileId, laneId, validUntilMs });
      if (!told.ok) log.warn({ profileId, failure: told.failure }, 'the ledger did not take a revocation');
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 16), LONGEST_PAUSE_MS);
      await db
        .updateTable('revocation')
        .set(told.ok ? { told_at_ms: nowMs() } : { tries: tries + 1, next_try_ms: nowMs() + pauseMs })
        .where('seq', '=', seq)
        .execute();
    }
  });
