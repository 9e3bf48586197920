import { concat, hexOf, same, textOf, type Bytes } from '../bytes.ts';
import { Failed, hold } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import { isA, type Identities } from './identity.ts';
import { Message } from './proto.ts';

/** A transaction as a block holds it. Spec: Fabric `peer/transaction.proto`, `ledger/rwset/kvrwset/kv_rwset.proto`. */

/** Which transaction wrote what was read. */
export interface Version {
  readonly block: number;
  readonly tx: number;
}

export interface Read {
  readonly key: string;
  /** Absent when there was no such key. */
  readonly version: Version | undefined;
}

export interface Write {
  readonly key: string;
  /** Absent when the key was deleted. */
  readonly value: string | undefined;
}

/** What a transaction did to the public state of one chaincode. */
export interface PublicSet {
  readonly reads: readonly Read[];
  readonly writes: readonly Write[];
}

export interface Transaction {
  readonly id: string;
  readonly channel: string;
  readonly type: number;
  readonly atMs: number;
  readonly creator: Bytes;
  readonly signature: Bytes;
  readonly payload: Bytes;
  readonly chaincode: string;
  readonly response: Bytes;
  readonly endorsements: readonly { readonly endorser: Bytes; readonly signature: Bytes }[];
  readonly sets: ReadonlyMap<string, PublicSet>;
  /** Whether the id and the proposal's hash are those of the parts they are formed from. */
  readonly isWhole: boolean;
}

export const ENDORSED = 3;
const NANOS_PER_MS = 1_000_000;

const versionOf = (message: Message): Version => ({ block: message.number(1), tx: message.number(2) });

const readOf = (message: Message): Read => ({
  key: message.text(1),
  version: message.has(2) ? versionOf(message.message(2)) : undefined,
});

const publicSet = (message: Message): PublicSet => ({
  reads: [
    ...message.messages(1).map(readOf),
    // Of a range the keys that were found: QueryReads under a RangeQueryInfo.
    ...message.messages(2).flatMap((range) => range.message(4).messages(1).map(readOf)),
  ],
  writes: message.messages(3).map((write) => ({
    key: write.text(1),
    value: write.number(2) === 1 ? undefined : textOf(write.bytes(3)),
  })),
});

/** @throws Unreadable */
export const readTransaction = ({ sha256 }: Primitives, envelope: Bytes): Transaction => {
  const outer = new Message(envelope);
  const payload = outer.message(1);
  const headers = payload.message(1);
  const channelHeader = headers.message(1);
  const signatureHeader = headers.message(2);
  const timestamp = channelHeader.message(3);
  const creator = signatureHeader.bytes(1);
  const id = channelHeader.text(5);
  const type = channelHeader.number(1);
  const action = payload.message(2).message(1);
  const endorsed = type === ENDORSED ? action.message(2).message(2) : new Message(new Uint8Array());
  const response = endorsed.bytes(1);
  const extension = type === ENDORSED ? new Message(new Message(response).bytes(2)) : new Message(response);
  const results = extension.message(1);
  const proposal = sha256(headers.bytes(1), action.bytes(1), action.message(2).bytes(1));
  return {
    id,
    channel: channelHeader.text(4),
    type,
    atMs: timestamp.number(1) * 1_000 + Math.floor(timestamp.number(2) / NANOS_PER_MS),
    creator,
    signature: outer.bytes(2),
    payload: outer.bytes(1),
    chaincode: extension.message(4).text(2),
    response,
    endorsements: endorsed.messages(2).map((each) => ({ endorser: each.bytes(1), signature: each.bytes(2) })),
    sets: new Map(results.messages(2).map((set) => [set.text(1), publicSet(set.message(2))])),
    isWhole:
      type !== ENDORSED ||
      (id === hexOf(sha256(signatureHeader.bytes(2), creator)) &&
        same(proposal, new Message(response).bytes(1))),
  };
};

/** That it is whole and signed by who made it and by peers; gives the organisations of those peers. @throws Failed */
export const requireSigned = async (
  transaction: Transaction,
  identities: Identities,
  what: string,
): Promise<ReadonlySet<string>> => {
  hold(transaction.isWhole, `${what}: its id or its proposal is not that of its parts`);
  const { creator, signature, payload, response, endorsements } = transaction;
  await identities.require(identities.read(creator), signature, payload, `${what}, its maker`);
  const endorsers = new Set<string>();
  for (const endorsement of endorsements) {
    const identity = identities.read(endorsement.endorser);
    if (!isA(identity, 'peer')) throw new Failed(`${what}: ${identity.mspId} endorsed by what is no peer`);
    const signed = concat(response, endorsement.endorser);
    await identities.require(identity, endorsement.signature, signed, `${what}, an endorsement`);
    endorsers.add(identity.mspId);
  }
  return endorsers;
};
