import type { ChaincodeStub } from 'fabric-shim-api';
import {
  readRepeatedBytes,
  writeBatchState,
  getStateMultiple,
  type WriteRecord,
} from './peer-batch-messages.ts';

/**
 * Many keys in one message between chaincode and peer. fabric-shim 2.5 asks the peer for one key at a time and waits;
 * peers from Fabric 3.1 on take many at once, which for a batch of sessions is most of the cost. The reads and writes
 * are the same either way. The shim's own message queue carries the messages, so that order within a transaction holds.
 */

/** Types of `protos.ChaincodeMessage` that the shim does not know. Spec: fabric-protos peer/chaincode_shim.proto. */
const WRITE_BATCH_STATE = 24;
const GET_STATE_MULTIPLE = 25;

/** Keys in one message; peers announce 1000. */
const MOST_KEYS = 500;

interface ShimMessage {
  setType(type: number): void;
  setPayload(payload: Uint8Array): void;
}

/** What the shim's message handler has and its types leave out. */
interface ShimHandler {
  handleGetState(collection: string, key: string, channelId: string, txId: string): Promise<Uint8Array>;
  _askPeerAndListen(message: ShimMessage, method: string): Promise<Uint8Array>;
}

// check-allow module-state: how this process's peer speaks, said once at the start, before any transaction
let offered = false;

/** Tells whether this process's peer is Fabric 3.1 or later; said once, at the start. */
export const peerTakesBatches = (yes: boolean): void => {
  offered = yes;
};

/** The shim builds and queues a message of its own kind; its type and payload are replaced on the way. */
const ask = (stub: ChaincodeStub, type: number, payload: Uint8Array): Promise<Uint8Array> => {
  const { handler } = stub as unknown as { readonly handler: ShimHandler };
  const carrier = Object.create(handler) as ShimHandler;
  carrier._askPeerAndListen = (message) => {
    message.setType(type);
    message.setPayload(payload);
    return handler._askPeerAndListen(message, 'Batch');
  };
  return carrier.handleGetState('', '', stub.getChannelID(), stub.getTxID());
};

const portions = function* <T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += MOST_KEYS) yield items.slice(from, from + MOST_KEYS);
};

/** Public values of keys by one message, or undefined when the peer takes one key at a time. */
export const readMany = async (
  stub: ChaincodeStub,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array> | undefined> => {
  if (!offered) return undefined;
  const found = new Map<string, Uint8Array>();
  for (const portion of portions(keys)) {
    const answer = await ask(stub, GET_STATE_MULTIPLE, getStateMultiple(portion));
    const values = readRepeatedBytes(answer);
    if (values.length !== portion.length)
      throw new Error(`the peer gave ${values.length} values for ${portion.length} keys`);
    for (const [index, key] of portion.entries()) found.set(key, values[index] ?? new Uint8Array());
  }
  return found;
};

/** Writes by one message; false, and nothing written, when the peer takes one key at a time. */
export const writeMany = async (stub: ChaincodeStub, records: readonly WriteRecord[]): Promise<boolean> => {
  if (!offered) return false;
  for (const portion of portions(records)) await ask(stub, WRITE_BATCH_STATE, writeBatchState(portion));
  return true;
};
