import { openingRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { requireActive } from '../../consortium/registry.ts';
import { requireMember, type Verb } from '../../context/index.ts';
import { openNumbers, requireLane, statedNumbers } from '../lanes.ts';

/**
 * Commits the visited utility to sessions that charge already: one root over their open bodies. What stands in the
 * bodies is judged by home before energy flows and by both endorsers when the sessions are settled, by the registry as
 * it stood when they opened; so nothing that the home utility did in between can refuse an opening. A suspended visited
 * utility opens nothing: that is told by the ledger's time, not by what it states in its bodies.
 */
export const open: Verb<typeof sessionCommands.open> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  requireMember(tx.caller, dealing.vun, ['station', 'aaa']);
  requireActive(tx, dealing.vun);
  const { laneId, slot, root, count, first, bits, agreementId } = command;
  requireLane(dealing, laneId);
  const numbers = statedNumbers(first, bits, count);
  const key = stateKey.opening(laneId, slot);
  await tx.requireAbsent(key);
  await openNumbers(tx, laneId, numbers);
  tx.put(
    openingRecord,
    key,
    { type: 'opening', version: 1, laneId, agreementId, slot, root, count, first, bits, atMs: tx.nowMs },
    { ofItem: true },
  );
};
