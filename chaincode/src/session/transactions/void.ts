import { sessionRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { requireMember, type Verb } from '../../context/index.ts';
import { getOpenedSession } from '../opened-session.ts';

/** Ends an opened session that never charged. The reason stands in the command. */
export const voidSession: Verb<typeof sessionCommands.void> = async (tx, command) => {
  const session = await getOpenedSession(tx, command);
  requireMember(tx.caller, await getUtility(tx, session.vun), ['station', 'aaa', 'operator']);
  tx.put(sessionRecord, stateKey.session(session.sessionId), {
    ...session,
    version: session.version + 1,
    state: 'voided',
  });
};
