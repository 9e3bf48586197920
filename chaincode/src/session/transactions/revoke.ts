import { exposureRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { requireMember, type Verb } from '../../context/index.ts';

/** Revokes a kept profile where every visited utility can read it; the first revocation counts. */
export const revoke: Verb<typeof sessionCommands.revoke> = async (tx, { hun, profileId }) => {
  const utility = await getUtility(tx, hun);
  requireMember(tx.caller, utility, ['aaa']);
  const key = stateKey.exposure(hun, profileId);
  const before = await tx.find(exposureRecord, key);
  const { spent, revokedAtMs = tx.nowMs } = before ?? {};
  tx.put(exposureRecord, key, { ...(spent !== undefined && { spent }), revokedAtMs });
};
