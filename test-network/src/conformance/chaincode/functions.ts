/** Functions of the conformance chaincode by name. */
import { ClientIdentity, KeyEndorsementPolicy } from 'fabric-shim';
import type { ChaincodeStub, Iterators } from 'fabric-shim';

/** Returns bytes for a raw payload, anything else for JSON. */
type ChaincodeFunction = (stub: ChaincodeStub, args: string[]) => Promise<unknown>;

/** A response with a status of the function's own choice. */
export class ExplicitResponse {
  readonly status: number;
  readonly message: string;
  readonly payload = Buffer.from('payload');

  constructor(status: number, message: string) {
    this.status = status;
    this.message = message;
  }
}

/** An iterator of the shim as it really is: its types promise a value that the last step does not have. */
interface ShimIterator<T> {
  next(): Promise<{ readonly value?: T | null; readonly done: boolean }>;
  close(): Promise<void>;
}

/** Reads up to `limit` results and closes the iterator; `opened` may be the `{ iterator }` that private ranges give. */
async function drain<T>(opened: unknown, limit: number): Promise<T[]> {
  const iterator = ((opened as { iterator?: unknown }).iterator ?? opened) as ShimIterator<T>;
  const found: T[] = [];
  while (found.length < limit) {
    const { value, done } = await iterator.next();
    if (value !== undefined && value !== null) found.push(value);
    if (done) break;
  }
  await iterator.close();
  return found;
}

async function collect(opened: unknown, limit = Number.POSITIVE_INFINITY): Promise<[string, string][]> {
  return (await drain<Iterators.KV>(opened, limit)).map(({ key, value }) => [key, text(value)]);
}

function required(args: readonly string[], index: number): string {
  const value = args[index];
  if (value === undefined) throw new Error(`argument ${index} is missing`);
  return value;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

export const FUNCTIONS: Readonly<Record<string, ChaincodeFunction>> = {
  async put(stub, args) {
    await stub.putState(required(args, 0), Buffer.from(required(args, 1)));
  },
  async putMany(stub, args) {
    for (const [key, value] of JSON.parse(required(args, 0)) as [string, string][]) {
      await stub.putState(key, Buffer.from(value));
    }
  },
  async get(stub, args) {
    return text(await stub.getState(required(args, 0)));
  },
  async del(stub, args) {
    await stub.deleteState(required(args, 0));
  },
  /** Reads the first keys, writes the second ones. */
  async readWrite(stub, args) {
    const reads = JSON.parse(required(args, 0)) as string[];
    const seen: string[] = [];
    for (const key of reads) seen.push(text(await stub.getState(key)));
    for (const [key, value] of JSON.parse(required(args, 1)) as [string, string][]) {
      await stub.putState(key, Buffer.from(value));
    }
    return seen;
  },
  /** Adds to a counter: a read and a write of one key. */
  async increment(stub, args) {
    const key = required(args, 0);
    const before = text(await stub.getState(key));
    const after = String(BigInt(before === '' ? '0' : before) + 1n);
    await stub.putState(key, Buffer.from(after));
    return after;
  },
  /** Writes and then reads in one transaction, by key and by range. */
  async writeThenRead(stub, args) {
    const key = required(args, 0);
    await stub.putState(key, Buffer.from(required(args, 1)));
    const value = text(await stub.getState(key));
    const range = await collect(await stub.getStateByRange(key, `${key}~`));
    return { value, range };
  },
  async range(stub, args) {
    const limit = args[2] === undefined ? undefined : Number(args[2]);
    return collect(await stub.getStateByRange(required(args, 0), required(args, 1)), limit);
  },
  /** Reads a range (up to a number of results) and writes a key, so that the range is checked at commit. */
  async rangeThenPut(stub, args) {
    const limit = Number(required(args, 2));
    const found = await collect(await stub.getStateByRange(required(args, 0), required(args, 1)), limit);
    await stub.putState(required(args, 3), Buffer.from(String(found.length)));
    return found;
  },
  async page(stub, args) {
    const [start, end, size, bookmark] = [
      required(args, 0),
      required(args, 1),
      Number(required(args, 2)),
      args[3],
    ];
    const { iterator, metadata } = await stub.getStateByRangeWithPagination(start, end, size, bookmark);
    return { found: await collect(iterator), ...metadata };
  },
  async pageThenPut(stub, args) {
    const { iterator } = await stub.getStateByRangeWithPagination('', '', 2);
    await collect(iterator);
    await stub.putState(required(args, 0), Buffer.from('x'));
  },
  async putThenPage(stub, args) {
    await stub.putState(required(args, 0), Buffer.from('x'));
    await stub.getStateByRangeWithPagination('', '', 2);
  },
  async putComposite(stub, args) {
    const [type, attributes, value] = [
      required(args, 0),
      JSON.parse(required(args, 1)) as string[],
      required(args, 2),
    ];
    const key = stub.createCompositeKey(type, attributes);
    await stub.putState(key, Buffer.from(value));
    return Buffer.from(key).toString('hex');
  },
  async partial(stub, args) {
    const found = await collect(
      await stub.getStateByPartialCompositeKey(required(args, 0), JSON.parse(required(args, 1)) as string[]),
    );
    return found.map(([key, value]) => [stub.splitCompositeKey(key), value]);
  },
  async query(stub, args) {
    return collect(await stub.getQueryResult(required(args, 0)));
  },
  async history(stub, args) {
    const opened = await stub.getHistoryForKey(required(args, 0));
    const found = await drain<Iterators.KeyModification>(opened, Number.POSITIVE_INFINITY);
    return found.map(({ txId, value, isDelete, timestamp }) => ({
      txId,
      value: text(value),
      isDelete,
      timestamp,
    }));
  },
  /** Reads history and writes, to see that history is not validated again. */
  async historyThenPut(stub, args) {
    await FUNCTIONS['history']?.(stub, [required(args, 0)]);
    await stub.putState(required(args, 1), Buffer.from('x'));
  },
  async putPrivate(stub, args) {
    const transient = stub.getTransient().get('value');
    const value = transient === undefined ? Buffer.from(required(args, 2)) : Buffer.from(transient);
    await stub.putPrivateData(required(args, 0), required(args, 1), value);
  },
  async getPrivate(stub, args) {
    return text(await stub.getPrivateData(required(args, 0), required(args, 1)));
  },
  async getPrivateHash(stub, args) {
    return Buffer.from(await stub.getPrivateDataHash(required(args, 0), required(args, 1))).toString('hex');
  },
  async delPrivate(stub, args) {
    await stub.deletePrivateData(required(args, 0), required(args, 1));
  },
  async purgePrivate(stub, args) {
    await stub.purgePrivateData(required(args, 0), required(args, 1));
  },
  async privateRange(stub, args) {
    return collect(await stub.getPrivateDataByRange(required(args, 0), required(args, 1), required(args, 2)));
  },
  /** Reads a private key and writes it, so that its version is checked at commit. */
  async incrementPrivate(stub, args) {
    const [collection, key] = [required(args, 0), required(args, 1)];
    const before = text(await stub.getPrivateData(collection, key));
    const after = String(BigInt(before === '' ? '0' : before) + 1n);
    await stub.putPrivateData(collection, key, Buffer.from(after));
    return after;
  },
  async setPrivateKeyPolicy(stub, args) {
    const policy = new KeyEndorsementPolicy();
    policy.addOrgs('PEER', ...(JSON.parse(required(args, 2)) as string[]));
    await stub.setPrivateDataValidationParameter(required(args, 0), required(args, 1), policy.getPolicy());
  },
  async setKeyPolicy(stub, args) {
    const policy = new KeyEndorsementPolicy();
    policy.addOrgs('PEER', ...(JSON.parse(required(args, 1)) as string[]));
    await stub.setStateValidationParameter(required(args, 0), policy.getPolicy());
  },
  async getKeyPolicy(stub, args) {
    const bytes = (await stub.getStateValidationParameter(required(args, 0))) as Uint8Array | undefined;
    if (bytes === undefined || bytes.length === 0) return [];
    return new KeyEndorsementPolicy(Buffer.from(bytes)).listOrgs();
  },
  /** Sets events one after another and writes a key. */
  async emit(stub, args) {
    for (const [name, payload] of JSON.parse(required(args, 0)) as [string, string][]) {
      stub.setEvent(name, Buffer.from(payload));
    }
    if (args[1] !== undefined) await stub.putState(args[1], Buffer.from('x'));
  },
  /** Emits an event and reads a key, so that the transaction can be made to conflict. */
  async emitAndIncrement(stub, args) {
    stub.setEvent(required(args, 0), Buffer.from('payload'));
    return FUNCTIONS['increment']?.(stub, [required(args, 1)]);
  },
  async call(stub, args) {
    const [name, channel, inner] = [
      required(args, 0),
      required(args, 1),
      JSON.parse(required(args, 2)) as string[],
    ];
    const answer = await stub.invokeChaincode(name, inner, channel);
    return {
      status: answer.status,
      message: answer.message,
      payload: text(answer.payload ?? new Uint8Array()),
    };
  },
  async putAndCall(stub, args) {
    await stub.putState(required(args, 0), Buffer.from(required(args, 1)));
    return FUNCTIONS['call']?.(stub, args.slice(2));
  },
  who(stub) {
    const identity = new ClientIdentity(stub);
    return Promise.resolve({
      mspId: identity.getMSPID(),
      role: identity.getAttributeValue('role'),
      id: identity.getID(),
      creator: stub.getCreator().mspid,
      txId: stub.getTxID(),
      channel: stub.getChannelID(),
    });
  },
  /** Differs at every organisation, as chaincode must not. */
  peerMsp(stub) {
    return Promise.resolve(stub.getMspID());
  },
  async putPeerMsp(stub, args) {
    await stub.putState(required(args, 0), Buffer.from(stub.getMspID()));
  },
  async answer(stub, args) {
    if (args[2] !== undefined) await stub.putState(args[2], Buffer.from('x'));
    return new ExplicitResponse(Number(required(args, 0)), required(args, 1));
  },
  async sleep(_stub, args) {
    await new Promise((resolve) => setTimeout(resolve, Number(required(args, 0))));
  },
  timestamp(stub) {
    const { seconds, nanos } = stub.getTxTimestamp();
    return Promise.resolve({ seconds: String(seconds), nanos });
  },
  echo(_stub, args) {
    return Promise.resolve(Buffer.from(required(args, 0)));
  },
};
