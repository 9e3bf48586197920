import { claimRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { requireMember, type Verb } from '../../context/index.ts';
import { claimNumbers, requireLane, requireOpen, statedNumbers } from '../lanes.ts';

/**
 * States ends in time when they cannot be settled: nothing of it needs the home utility, so keeping its peer away voids
 * nothing. What is claimed can be settled after its bound, by the very text that was claimed, and does not expire.
 */
export const claim: Verb<typeof sessionCommands.claim> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  requireMember(tx.caller, dealing.vun, ['station', 'aaa']);
  const { laneId, root, count, first, bits, commandId } = command;
  requireLane(dealing, laneId);
  const numbers = statedNumbers(first, bits, count);
  const key = stateKey.claim(commandId);
  await tx.requireAbsent(key);
  for (const number of numbers) await requireOpen(tx, laneId, number);
  await claimNumbers(tx, laneId, numbers);
  tx.put(
    claimRecord,
    key,
    { type: 'claim', version: 1, claimId: commandId, laneId, root, count, first, bits, atMs: tx.nowMs },
    { ofItem: true },
  );
};
