import {
  exposurePlace,
  laneParts,
  LEDGER_LIMITS,
  revocationsRecord,
  stateKey,
  type sessionCommands,
} from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';

/**
 * Revokes a kept profile where every visited utility can read it; the first revocation counts. Beside the book of sums and
 * not in it, so that settles cannot hold a revocation up.
 */
export const revoke: Verb<typeof sessionCommands.revoke> = async (tx, command) => {
  const { hun, laneId, profileId, validUntilMs } = command;
  const utility = await getUtility(tx, hun);
  requireMember(tx.caller, utility, ['aaa']);
  ensure(laneParts(laneId).hun === hun, 'INVALID_ARGUMENT', `${laneId} is no lane of ${hun}’s customers`);
  const { book, mark } = exposurePlace(laneId, profileId, validUntilMs);
  const key = stateKey.revocations(laneId, book);
  const { version, revokedAtMs } = (await tx.find(revocationsRecord, key)) ?? { version: 0, revokedAtMs: {} };
  if (Object.hasOwn(revokedAtMs, mark)) return;
  ensure(
    Object.keys(revokedAtMs).length < LEDGER_LIMITS.profilesPerBook,
    'TOO_LARGE',
    `${LEDGER_LIMITS.profilesPerBook} profiles are revoked in book ${book} of ${laneId} already`,
  );
  tx.put(
    revocationsRecord,
    key,
    { type: 'revocations', version: version + 1, revokedAtMs: { ...revokedAtMs, [mark]: tx.nowMs } },
    { ofItem: true },
  );
};
