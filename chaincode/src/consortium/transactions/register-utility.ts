import { stateKey, utilityRecord, type consortiumCommands } from '@roamgrid/wire';
import { ensure, requireRole, type Verb } from '../../context/index.ts';

/**
 * Registers a utility, or its next version. The caller's organisation becomes the owner of the issuer prefix for good:
 * nobody else can ever re-register it.
 */
export const registerUtility: Verb<typeof consortiumCommands.registerUtility> = async (tx, { utility }) => {
  requireRole(tx.caller, ['operator']);
  ensure(utility.validUntilMs > tx.nowMs, 'EXPIRED', 'the registration would have run out already');
  const kids = new Set(utility.signingKeys.map(({ kid }) => kid));
  ensure(kids.size === utility.signingKeys.length, 'INVALID_ARGUMENT', 'two signing keys share a kid');

  const key = stateKey.utility(utility.utilityId);
  const before = await tx.find(utilityRecord, key);
  ensure(
    before === undefined || before.mspId === tx.caller.mspId,
    'FORBIDDEN',
    `${utility.utilityId} belongs to another organisation`,
  );
  const version = (before?.version ?? 0) + 1;
  tx.put(utilityRecord, key, { type: 'utility', version, mspId: tx.caller.mspId, ...utility });
};
