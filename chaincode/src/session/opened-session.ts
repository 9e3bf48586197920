import { sessionRecord, stateKey, type SessionRecord } from '@roamgrid/wire';
import type { Pair } from '../consortium/agreement.ts';
import { ensure, type Transaction } from '../context/index.ts';

/** A session of the pair that is still open. */
export const getOpenedSession = async (
  tx: Transaction,
  { sessionId, vun, hun, agreementId }: Pair & { readonly sessionId: string },
): Promise<SessionRecord> => {
  const session = await tx.get(sessionRecord, stateKey.session(sessionId));
  ensure(
    session.vun === vun && session.hun === hun && session.agreementId === agreementId,
    'INVALID_ARGUMENT',
    `session ${sessionId} is of another pair or agreement`,
  );
  ensure(session.state === 'opened', 'WRONG_STATE', `session ${sessionId} is ${session.state}, not opened`);
  return session;
};
