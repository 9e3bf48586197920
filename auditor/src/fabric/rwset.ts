import { hexOf, type Bytes } from '../bytes.ts';
import { readable } from '../failure.ts';
import type { Message } from './proto.ts';
import type { RangeSummary } from './range-summary.ts';

/** What a transaction read and wrote. Spec: Fabric `ledger/rwset/rwset.proto`, `ledger/rwset/kvrwset/kv_rwset.proto`. */

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

/** All keys from one on, up to another. */
export interface RangeRead {
  readonly from: string;
  /** Empty for the end of all keys. */
  readonly until: string;
  /** Read to its end; else the last key read is the range's end, itself included. */
  readonly isExhausted: boolean;
  readonly reads: readonly Read[];
  /** Of many keys, instead of the reads: docs/ledger-audit.md. */
  readonly summary: RangeSummary | undefined;
}

export interface Write {
  readonly key: string;
  /** Absent when the key was deleted; of a private key the hash of its value. */
  readonly value: Bytes | undefined;
}

/** Who must endorse later changes of a key from now on. */
export interface PolicyWrite {
  readonly key: string;
  /** A `SignaturePolicyEnvelope`; absent when the key falls back to the policy of all. */
  readonly policy: Bytes | undefined;
}

interface KeySet {
  readonly reads: readonly Read[];
  readonly writes: readonly Write[];
  readonly policies: readonly PolicyWrite[];
}

/** Of a private collection a block has hashes only: its keys are their hex. */
export interface CollectionSet extends KeySet {
  readonly collection: string;
}

/** What a transaction did to one chaincode's keys. */
export interface NamespaceSet extends KeySet {
  readonly namespace: string;
  readonly ranges: readonly RangeRead[];
  readonly collections: readonly CollectionSet[];
}

const POLICY_NAME = 'VALIDATION_PARAMETER';
const KEY = 1;

type KeyOf = (message: Message) => string;
const named: KeyOf = (message) => message.text(KEY);
const hashed: KeyOf = (message) => hexOf(message.bytes(KEY));

const readOf = (message: Message, keyOf: KeyOf): Read => {
  const version = message.message(2);
  return {
    key: keyOf(message),
    version: message.has(2) ? { block: version.number(1), tx: version.number(2) } : undefined,
  };
};

const writeOf = (message: Message, keyOf: KeyOf): Write => ({
  key: keyOf(message),
  value: message.number(2) === 1 ? undefined : message.bytes(3),
});

const policyOf = (message: Message, keyOf: KeyOf): PolicyWrite => {
  const entry = message.messages(2).find((each) => each.text(1) === POLICY_NAME);
  const policy = entry?.bytes(2);
  return { key: keyOf(message), policy: policy?.length === 0 ? undefined : policy };
};

const summaryOf = (message: Message): RangeSummary => ({
  degree: message.number(1),
  level: message.number(2),
  hashes: message.list(3),
});

const rangeOf = (message: Message): RangeRead => {
  readable(!(message.has(4) && message.has(5)), 'a range was read in two ways');
  return {
    from: message.text(1),
    until: message.text(2),
    isExhausted: message.number(3) === 1,
    reads: message
      .message(4)
      .messages(1)
      .map((each) => readOf(each, named)),
    summary: message.has(5) ? summaryOf(message.message(5)) : undefined,
  };
};

const collectionOf = (message: Message): CollectionSet => {
  const set = message.message(2);
  return {
    collection: message.text(1),
    reads: set.messages(1).map((each) => readOf(each, hashed)),
    writes: set.messages(2).map((each) => writeOf(each, hashed)),
    policies: set.messages(3).map((each) => policyOf(each, hashed)),
  };
};

/** @throws Unreadable */
export const readSets = (results: Message): readonly NamespaceSet[] =>
  results.messages(2).map((each) => {
    const set = each.message(2);
    return {
      namespace: each.text(1),
      reads: set.messages(1).map((read) => readOf(read, named)),
      ranges: set.messages(2).map(rangeOf),
      writes: set.messages(3).map((write) => writeOf(write, named)),
      policies: set.messages(4).map((policy) => policyOf(policy, named)),
      collections: each.messages(3).map(collectionOf),
    };
  });
