import {
  allocationRecord,
  batchRecord,
  disputeRecord,
  houseBatchRecord,
  houseRecord,
  notesRecord,
  privateKey,
  reservationRecord,
  stateKey,
  type sessionCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, type Pair } from '../../consortium/agreement.ts';
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
  const requirePair = (what: string, of: Pair): void => {
    ensure(
      of.vun === vun.utilityId && of.hun === hun.utilityId && of.agreementId === agreement.agreementId,
      'INVALID_ARGUMENT',
      `${what} is of another pair or agreement`,
    );
  };
  for (const batchId of command.batchIds) {
    const batch = await tx.get(batchRecord, stateKey.batch(batchId));
    requirePair(`batch ${batchId}`, batch);
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
    requirePair(`dispute ${disputeId}`, dispute);
    requireOld(`dispute ${disputeId}`, dispute.answeredAtMs ?? dispute.disputedAtMs);
    tx.purgeOwn(own.mspId, privateKey.dispute(disputeId));
    tx.purgeOwn(own.mspId, privateKey.answer(disputeId));
    tx.purgeOwn(own.mspId, privateKey.revision(disputeId));
  }
  for (const reservationId of command.reservationIds ?? []) {
    const record = await tx.get(reservationRecord, stateKey.reservation(reservationId));
    requirePair(`reservation ${reservationId}`, record);
    // It may be booked long ahead, and its end may be told late.
    requireOld(`reservation ${reservationId}`, Math.max(record.untilMs, record.changedAtMs));
    tx.purgeOwn(own.mspId, privateKey.reservation(reservationId));
    tx.purgeOwn(own.mspId, privateKey.reservationUse(reservationId));
  }
  for (const batchId of command.allocationIds ?? []) {
    const record = await tx.get(allocationRecord, stateKey.allocation(batchId));
    requirePair(`allocation ${batchId}`, record);
    requireOld(`allocation ${batchId}`, record.recordedAtMs);
    tx.purgeOwn(own.mspId, privateKey.allocation(batchId));
    tx.purgeOwn(own.mspId, privateKey.allocatedSlots(batchId));
  }
  for (const { houseRef, number } of command.houseBatches ?? []) {
    const record = await tx.get(houseBatchRecord, stateKey.houseBatch(houseRef, number));
    requirePair(`batch ${number} of ${houseRef}`, record);
    requireOld(`batch ${number} of ${houseRef}`, record.recordedAtMs);
    tx.purgeOwn(own.mspId, privateKey.houseBatch(houseRef, number));
    tx.purgeOwn(own.mspId, privateKey.houseEntries(houseRef, number));
  }
  for (const houseRef of command.houseRefs ?? []) {
    const record = await tx.get(houseRecord, stateKey.house(houseRef));
    requirePair(`house ${houseRef}`, record);
    requireOld(`house ${houseRef}`, record.untilMs);
    tx.purgeOwn(own.mspId, privateKey.house(houseRef));
  }
};
