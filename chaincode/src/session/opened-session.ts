import {
  endedSession,
  sessionEnd,
  sessionRecord,
  stateKey,
  type SessionEnd,
  type SessionRecord,
} from '@roamgrid/wire';
import type { Pair } from '../consortium/agreement.ts';
import { ensure, type Transaction } from '../context/index.ts';

/** A session as it stands. @throws LedgerError NOT_FOUND */
export const getSession = async (tx: Transaction, sessionId: string): Promise<SessionRecord> =>
  endedSession(
    await tx.get(sessionRecord, stateKey.session(sessionId)),
    await tx.find(sessionEnd, stateKey.sessionEnd(sessionId)),
  );

/** A session of the pair that is still open. */
export const getOpenedSession = async (
  tx: Transaction,
  { sessionId, vun, hun, agreementId }: Pair & { readonly sessionId: string },
): Promise<SessionRecord> => {
  const session = await getSession(tx, sessionId);
  ensure(
    session.vun === vun && session.hun === hun && session.agreementId === agreementId,
    'INVALID_ARGUMENT',
    `session ${sessionId} is of another pair or agreement`,
  );
  ensure(session.state === 'opened', 'WRONG_STATE', `session ${sessionId} is ${session.state}, not opened`);
  return session;
};

/** Ends a session, once for ever: its end is a key that is only ever created. */
export const endSession = (
  tx: Transaction,
  endorsers: readonly string[],
  end: Omit<SessionEnd, 'type' | 'version'>,
): void => {
  tx.put(
    sessionEnd,
    stateKey.sessionEnd(end.sessionId),
    { type: 'sessionEnd', version: 1, ...end },
    { endorsers, ofItem: true },
  );
};
