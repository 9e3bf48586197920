import {
  answerBody,
  bodyHash,
  disputeBody,
  disputeRecord,
  stateKey,
  type AnswerBody,
  type DisputeBody,
  type DisputeRecord,
} from '@roamgrid/wire';
import { getDealing, type Dealing } from '../consortium/agreement.ts';
import { ensure, type Opened, type Transaction } from '../context/index.ts';

export interface Disputed {
  readonly record: DisputeRecord;
  readonly dealing: Dealing;
}

export const getDisputed = async (tx: Transaction, disputeId: string): Promise<Disputed> => {
  const record = await tx.get(disputeRecord, stateKey.dispute(disputeId));
  return { record, dealing: await getDealing(tx, record) };
};

/** Transient `dispute`, proven to be what both parties hold. */
export const openDispute = (tx: Transaction, { bodyHash, disputeId }: DisputeRecord): DisputeBody => {
  const { value, hash } = tx.transient(disputeBody, 'dispute');
  ensure(hash === bodyHash, 'HASH_MISMATCH', `the body is not that of dispute ${disputeId}`);
  return value;
};

/** Transient `answer`, proven to be the one that was given. */
export const openAnswer = (tx: Transaction, { answerHash, disputeId }: DisputeRecord): AnswerBody => {
  const { value, hash }: Opened<AnswerBody> = tx.transient(answerBody, 'answer');
  ensure(hash === answerHash, 'HASH_MISMATCH', `the answer is not that to dispute ${disputeId}`);
  return value;
};

/** Refuses a body whose evidence is other than the one that it hashes. */
export const requireEvidence = (
  { evidence, evidenceHash }: Pick<DisputeBody, 'evidence' | 'evidenceHash'>,
  what: string,
): void => {
  ensure(
    evidence === undefined || bodyHash(evidence) === evidenceHash,
    'HASH_MISMATCH',
    `the evidence of ${what} does not hash to its evidenceHash`,
  );
};

/** Stages the next state of a dispute; both parties endorse it by the key's own policy. */
export const putDispute = (
  tx: Transaction,
  before: DisputeRecord,
  change: Partial<Omit<DisputeRecord, 'type' | 'version' | 'disputeId'>>,
): void => {
  tx.put(disputeRecord, stateKey.dispute(before.disputeId), {
    ...before,
    ...change,
    version: before.version + 1,
  });
};
