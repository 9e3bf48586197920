import {
  batchRecord,
  disputeRecord,
  notesRecord,
  privateKey,
  stateKey,
  type sessionCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { requireLane } from '../lanes.ts';

/**
 * Removes the caller's own private bodies, and their past versions, once the agreed term is over. Roots and states stay,
 * so what was purged can still be proven by whoever kept it.
 */
export const purge: Verb<typeof sessionCommands.purge> = async (tx, command) => {
  const { vun, hun, agreement } = await getDealing(tx, command);
  const own =
    [vun, hun].find(({ mspId }) => mspId === tx.caller.mspId) ??
    refuse('FORBIDDEN', `${tx.caller.mspId} is not a party of ${agreement.agreementId}`);
  requireMember(tx.caller, own, ['aaa', 'operator']);
  const { retentionMs } = openTerms(tx, agreement);
  const requireOld = (what: string, atMs: number): void => {
    ensure(
      tx.nowMs > atMs + retentionMs,
      'WRONG_STATE',
      `${what} is kept ${atMs + retentionMs - tx.nowMs} ms longer by the agreement`,
    );
  };
  for (const batchId of command.batchIds) {
    const batch = await tx.get(batchRecord, stateKey.batch(batchId));
    ensure(
      batch.vun === vun.utilityId &&
        batch.hun === hun.utilityId &&
        batch.agreementId === agreement.agreementId,
      'INVALID_ARGUMENT',
      `batch ${batchId} is of another pair or agreement`,
    );
    requireOld(`batch ${batchId}`, batch.atMs);
    tx.purgeOwn(own.mspId, privateKey.batch(batchId));
    tx.purgeOwn(own.mspId, privateKey.header(batchId));
    tx.purgeOwn(own.mspId, privateKey.openings(batchId));
  }
  for (const noteId of command.noteIds) {
    const notes = await tx.get(notesRecord, stateKey.notes(noteId));
    requireLane({ vun, hun }, notes.laneId);
    ensure(
      notes.agreementId === agreement.agreementId,
      'INVALID_ARGUMENT',
      `notes ${noteId} are of another agreement`,
    );
    requireOld(`notes ${noteId}`, notes.atMs);
    tx.purgeOwn(own.mspId, privateKey.notes(noteId));
  }
  for (const disputeId of command.disputeIds) {
    const dispute = await tx.get(disputeRecord, stateKey.dispute(disputeId));
    ensure(
      dispute.vun === vun.utilityId &&
        dispute.hun === hun.utilityId &&
        dispute.agreementId === agreement.agreementId,
      'INVALID_ARGUMENT',
      `dispute ${disputeId} is of another pair or agreement`,
    );
    requireOld(`dispute ${disputeId}`, dispute.answeredAtMs ?? dispute.disputedAtMs);
    tx.purgeOwn(own.mspId, privateKey.dispute(disputeId));
    tx.purgeOwn(own.mspId, privateKey.answer(disputeId));
    tx.purgeOwn(own.mspId, privateKey.revision(disputeId));
  }
};
