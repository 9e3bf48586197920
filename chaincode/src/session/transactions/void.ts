import type { sessionCommands } from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { requireMember, type Verb } from '../../context/index.ts';
import { endSession, getOpenedSession } from '../opened-session.ts';

/** Ends an opened session that never charged. The reason stands in the command. */
export const voidSession: Verb<typeof sessionCommands.void> = async (tx, command) => {
  const { sessionId } = await getOpenedSession(tx, command);
  const { vun, endorsers } = await getDealing(tx, command);
  requireMember(tx.caller, vun, ['station', 'aaa', 'operator']);
  endSession(tx, endorsers, { sessionId, state: 'voided' });
  tx.endorseBy(endorsers);
};
