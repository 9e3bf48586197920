import { sessionRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { ensure, type Verb } from '../../context/index.ts';
import { getOpenedSession } from '../opened-session.ts';

/** Ends an opened session whose CDR never came. Any member may say so once its time is over; nothing is owed. */
export const expire: Verb<typeof sessionCommands.expire> = async (tx, command) => {
  const session = await getOpenedSession(tx, command);
  ensure(
    tx.nowMs > session.expiresAtMs,
    'WRONG_STATE',
    `session ${session.sessionId} can expire ${session.expiresAtMs - tx.nowMs} ms from now, not before`,
  );
  tx.put(sessionRecord, stateKey.session(session.sessionId), {
    ...session,
    version: session.version + 1,
    state: 'expired',
  });
};
