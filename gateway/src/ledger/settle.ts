import * as grpc from '@grpc/grpc-js';
import {
  GatewayError,
  StatusCode,
  type Commit,
  type Gateway,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { gateway as gatewayProtos, msp } from '@hyperledger/fabric-protos';
import { commandReceipt } from '@roamgrid/wire';
import type { Attempt } from './attempts.ts';
import { LedgerInvalid, LedgerOutcomeUnknown } from './errors.ts';
import { pause, type RetryLimits } from './retry.ts';

const DEADLINE_EXCEEDED: number = grpc.status.DEADLINE_EXCEEDED;

/** A status is waited for so long while it is not known whether the transaction ever arrived. */
const UNSENT_STATUS_MS = 3_000;

/**
 * A status is waited for so long after ordering took the transaction. An orderer answers before a quorum holds what it
 * took, so what it had in memory goes with it when it dies. A new leader is there within five seconds (Raft) or eight
 * (BFT): what nobody has heard of by then is handed over again.
 */
const SENT_STATUS_MS = 10_000;

/** Conflicts of versions: another transaction was first, and a new proposal reads anew. */
const isConflict = (code: number): boolean =>
  code === StatusCode.MVCC_READ_CONFLICT || code === StatusCode.PHANTOM_READ_CONFLICT;

const statusName = (code: number): string =>
  Object.entries(StatusCode).find(([, value]) => value === code)?.[0] ?? `CODE_${code}`;

/** A question for the status of a transaction, by its id alone. */
const statusOf = (gateway: Gateway, channel: string, transactionId: string): Commit => {
  const { mspId, credentials } = gateway.getIdentity();
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(credentials);
  const request = new gatewayProtos.CommitStatusRequest();
  request.setChannelId(channel);
  request.setTransactionId(transactionId);
  request.setIdentity(identity.serializeBinary());
  const signed = new gatewayProtos.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return gateway.newCommit(signed.serializeBinary());
};

/** Hands a signed transaction to ordering; tells why it was not taken. */
const handOver = async (endorsed: Transaction): Promise<GatewayError | undefined> => {
  try {
    await endorsed.submit();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return thrown;
  }
};

/**
 * Submits an endorsed transaction and asks for its status by its id until it is known. Whenever it is in doubt whether
 * ordering has it, the same signed transaction is handed over again, never a new proposal: its id makes a second copy a
 * duplicate, which changes nothing. BFT orderers refuse a copy of what they have; the status is asked for all the same.
 * @throws LedgerInvalid when peers found the transaction invalid for a reason that a repeat does not cure.
 * @throws LedgerOutcomeUnknown when nobody tells its status.
 */
export const submitAndSettle = async (
  gateway: Gateway,
  channel: string,
  endorsed: Transaction,
  limits: RetryLimits,
): Promise<Attempt> => {
  const transactionId = endorsed.getTransactionId();
  const receipt = commandReceipt.parse(JSON.parse(Buffer.from(endorsed.getResult()).toString('utf8')));
  const commit = statusOf(gateway, channel, transactionId);
  let inDoubt = true;
  let last: unknown;
  for (let poll = 0; poll <= limits.polls; poll += 1) {
    if (poll > 0) await pause(limits, poll);
    if (inDoubt) {
      const failure = await handOver(endorsed);
      inDoubt = failure !== undefined;
      last = failure ?? last;
    }
    try {
      const waitMs = inDoubt ? UNSENT_STATUS_MS : SENT_STATUS_MS;
      const status = await commit.getStatus({ deadline: Date.now() + waitMs });
      if (status.successful)
        return { committed: { transactionId, blockNumber: status.blockNumber, receipt } };
      if (isConflict(status.code)) return { again: 'conflict', cause: statusName(status.code) };
      throw new LedgerInvalid(transactionId, statusName(status.code));
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      // A peer that does not answer tells nothing about the orderers; one that waited in vain does.
      if (thrown.code === DEADLINE_EXCEEDED) inDoubt = true;
      last = thrown;
    }
  }
  throw new LedgerOutcomeUnknown(transactionId, { cause: last });
};
