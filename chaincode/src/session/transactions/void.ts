import type { sessionCommands } from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { requireMember, type Verb } from '../../context/index.ts';
import { endNumbers, requireLane, requireOpen } from '../lanes.ts';

/** Ends an opened session that never charged, or that cannot be billed. The reason stands in the command. */
export const voidSession: Verb<typeof sessionCommands.void> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  requireMember(tx.caller, dealing.vun, ['station', 'aaa', 'operator']);
  const { laneId, number } = command;
  requireLane(dealing, laneId);
  await requireOpen(tx, laneId, number);
  await endNumbers(tx, dealing.endorsers, laneId, [number], 'voided');
  tx.endorseBy(dealing.endorsers);
};
