import type { sessionCommands } from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { ensure, type Verb } from '../../context/index.ts';
import { endSession, getOpenedSession } from '../opened-session.ts';

/** Ends an opened session whose CDR never came. Any member may say so once its time is over; nothing is owed. */
export const expire: Verb<typeof sessionCommands.expire> = async (tx, command) => {
  const { sessionId, expiresAtMs } = await getOpenedSession(tx, command);
  const { endorsers } = await getDealing(tx, command);
  ensure(
    tx.nowMs > expiresAtMs,
    'WRONG_STATE',
    `session ${sessionId} can expire ${expiresAtMs - tx.nowMs} ms from now, not before`,
  );
  endSession(tx, endorsers, { sessionId, state: 'expired' });
  tx.endorseBy(endorsers);
};
