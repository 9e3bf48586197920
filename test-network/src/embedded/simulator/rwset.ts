/** Read-write sets in memory, and from and to the messages of `ledger/rwset` that endorsers sign. */
import { ledger } from '@hyperledger/fabric-protos';
import type { Height } from '../ledger/height.ts';

const { kvrwset } = ledger.rwset;
type KVRWSet = ledger.rwset.kvrwset.KVRWSet;

export interface KvRead {
  readonly key: string;
  /** Absent when the key was absent. */
  readonly version: Height | undefined;
}

export interface KvWrite {
  readonly key: string;
  /** Empty for a delete: an empty value is a delete. */
  readonly value: Uint8Array;
}

export interface MetadataEntry {
  readonly name: string;
  readonly value: Uint8Array;
}

export interface MetadataWrite {
  readonly key: string;
  /** Empty to remove the metadata. */
  readonly entries: readonly MetadataEntry[];
}

export interface RangeQuery {
  readonly startKey: string;
  readonly endKey: string;
  /** False when the iterator was not read to its end: the range then ends with its last key, inclusive. */
  readonly exhausted: boolean;
  readonly reads: readonly KvRead[];
}

export interface HashedRead {
  readonly keyHash: Uint8Array;
  readonly version: Height | undefined;
}

export interface HashedWrite {
  readonly keyHash: Uint8Array;
  /** Empty for a delete. */
  readonly valueHash: Uint8Array;
  readonly isPurge: boolean;
}

export interface HashedMetadataWrite {
  readonly keyHash: Uint8Array;
  readonly entries: readonly MetadataEntry[];
}

export interface CollectionHashedRwset {
  readonly collection: string;
  readonly reads: readonly HashedRead[];
  readonly writes: readonly HashedWrite[];
  readonly metadataWrites: readonly HashedMetadataWrite[];
  /** SHA-256 of the collection's private write set; empty without private writes. */
  readonly pvtRwsetHash: Uint8Array;
}

export interface NamespaceRwset {
  readonly namespace: string;
  readonly reads: readonly KvRead[];
  readonly writes: readonly KvWrite[];
  readonly metadataWrites: readonly MetadataWrite[];
  readonly rangeQueries: readonly RangeQuery[];
  readonly collections: readonly CollectionHashedRwset[];
}

export class UnsupportedRwsetError extends Error {
  override readonly name = 'UnsupportedRwsetError';
}

function versionMessage(height: Height): ledger.rwset.kvrwset.Version {
  const message = new kvrwset.Version();
  message.setBlockNum(height.block);
  message.setTxNum(height.tx);
  return message;
}

function heightOf(message: ledger.rwset.kvrwset.Version | undefined): Height | undefined {
  return message === undefined ? undefined : { block: message.getBlockNum(), tx: message.getTxNum() };
}

function readMessage(read: KvRead): ledger.rwset.kvrwset.KVRead {
  const message = new kvrwset.KVRead();
  message.setKey(read.key);
  if (read.version !== undefined) message.setVersion(versionMessage(read.version));
  return message;
}

export function entryMessages(entries: readonly MetadataEntry[]): ledger.rwset.kvrwset.KVMetadataEntry[] {
  return entries.map(({ name, value }) => {
    const message = new kvrwset.KVMetadataEntry();
    message.setName(name);
    message.setValue(value);
    return message;
  });
}

function entriesOf(messages: ledger.rwset.kvrwset.KVMetadataEntry[]): MetadataEntry[] {
  return messages.map((entry) => ({ name: entry.getName(), value: entry.getValue_asU8() }));
}

function rangeMessage(query: RangeQuery): ledger.rwset.kvrwset.RangeQueryInfo {
  const message = new kvrwset.RangeQueryInfo();
  message.setStartKey(query.startKey);
  message.setEndKey(query.endKey);
  message.setItrExhausted(query.exhausted);
  if (query.reads.length > 0) {
    const reads = new kvrwset.QueryReads();
    reads.setKvReadsList(query.reads.map(readMessage));
    message.setRawReads(reads);
  }
  return message;
}

/** The `KVRWSet` message; also the form of a collection's private write set. */
export function kvRwsetMessage(set: {
  reads?: readonly KvRead[];
  writes: readonly KvWrite[];
  metadataWrites: readonly MetadataWrite[];
  rangeQueries?: readonly RangeQuery[];
}): KVRWSet {
  const message = new kvrwset.KVRWSet();
  if (set.reads !== undefined) message.setReadsList(set.reads.map(readMessage));
  if (set.rangeQueries !== undefined) message.setRangeQueriesInfoList(set.rangeQueries.map(rangeMessage));
  message.setWritesList(
    set.writes.map(({ key, value }) => {
      const write = new kvrwset.KVWrite();
      write.setKey(key);
      write.setIsDelete(value.length === 0);
      write.setValue(value);
      return write;
    }),
  );
  message.setMetadataWritesList(
    set.metadataWrites.map(({ key, entries }) => {
      const write = new kvrwset.KVMetadataWrite();
      write.setKey(key);
      write.setEntriesList(entryMessages(entries));
      return write;
    }),
  );
  return message;
}

/** The signed form of one collection's hashed read-write set. */
export function hashedRwsetMessage(set: CollectionHashedRwset): ledger.rwset.CollectionHashedReadWriteSet {
  const hashed = new kvrwset.HashedRWSet();
  hashed.setHashedReadsList(
    set.reads.map(({ keyHash, version }) => {
      const read = new kvrwset.KVReadHash();
      read.setKeyHash(keyHash);
      if (version !== undefined) read.setVersion(versionMessage(version));
      return read;
    }),
  );
  hashed.setHashedWritesList(
    set.writes.map(({ keyHash, valueHash, isPurge }) => {
      const write = new kvrwset.KVWriteHash();
      write.setKeyHash(keyHash);
      write.setIsDelete(valueHash.length === 0);
      write.setValueHash(valueHash);
      write.setIsPurge(isPurge);
      return write;
    }),
  );
  hashed.setMetadataWritesList(
    set.metadataWrites.map(({ keyHash, entries }) => {
      const write = new kvrwset.KVMetadataWriteHash();
      write.setKeyHash(keyHash);
      write.setEntriesList(entryMessages(entries));
      return write;
    }),
  );
  const message = new ledger.rwset.CollectionHashedReadWriteSet();
  message.setCollectionName(set.collection);
  message.setHashedRwset(hashed.serializeBinary());
  message.setPvtRwsetHash(set.pvtRwsetHash);
  return message;
}

export function encodeTxRwset(namespaces: readonly NamespaceRwset[]): Buffer {
  const message = new ledger.rwset.TxReadWriteSet();
  message.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
  message.setNsRwsetList(
    namespaces.map((ns) => {
      const each = new ledger.rwset.NsReadWriteSet();
      each.setNamespace(ns.namespace);
      each.setRwset(kvRwsetMessage(ns).serializeBinary());
      each.setCollectionHashedRwsetList(ns.collections.map(hashedRwsetMessage));
      return each;
    }),
  );
  return Buffer.from(message.serializeBinary());
}

function readOf(message: ledger.rwset.kvrwset.KVRead): KvRead {
  return { key: message.getKey(), version: heightOf(message.getVersion()) };
}

function rangeOf(message: ledger.rwset.kvrwset.RangeQueryInfo): RangeQuery {
  if (message.hasReadsMerkleHashes()) {
    throw new UnsupportedRwsetError(
      'range queries summarised by Merkle hashes are not modelled by the embedded peer',
    );
  }
  return {
    startKey: message.getStartKey(),
    endKey: message.getEndKey(),
    exhausted: message.getItrExhausted(),
    reads: (message.getRawReads()?.getKvReadsList() ?? []).map(readOf),
  };
}

export function decodeKvRwset(bytes: Uint8Array): Omit<NamespaceRwset, 'namespace' | 'collections'> {
  const message = kvrwset.KVRWSet.deserializeBinary(bytes);
  return {
    reads: message.getReadsList().map(readOf),
    rangeQueries: message.getRangeQueriesInfoList().map(rangeOf),
    writes: message.getWritesList().map((write) => ({
      key: write.getKey(),
      value: write.getIsDelete() ? new Uint8Array() : write.getValue_asU8(),
    })),
    metadataWrites: message.getMetadataWritesList().map((write) => ({
      key: write.getKey(),
      entries: entriesOf(write.getEntriesList()),
    })),
  };
}

function decodeHashed(message: ledger.rwset.CollectionHashedReadWriteSet): CollectionHashedRwset {
  const hashed = kvrwset.HashedRWSet.deserializeBinary(message.getHashedRwset_asU8());
  return {
    collection: message.getCollectionName(),
    pvtRwsetHash: message.getPvtRwsetHash_asU8(),
    reads: hashed.getHashedReadsList().map((read) => ({
      keyHash: read.getKeyHash_asU8(),
      version: heightOf(read.getVersion()),
    })),
    writes: hashed.getHashedWritesList().map((write) => ({
      keyHash: write.getKeyHash_asU8(),
      valueHash: write.getIsDelete() || write.getIsPurge() ? new Uint8Array() : write.getValueHash_asU8(),
      isPurge: write.getIsPurge(),
    })),
    metadataWrites: hashed.getMetadataWritesList().map((write) => ({
      keyHash: write.getKeyHash_asU8(),
      entries: entriesOf(write.getEntriesList()),
    })),
  };
}

/** Parses a `TxReadWriteSet`; throws on malformed bytes and on what the embedded peer does not model. */
export function decodeTxRwset(bytes: Uint8Array): NamespaceRwset[] {
  const message = ledger.rwset.TxReadWriteSet.deserializeBinary(bytes);
  return message.getNsRwsetList().map((ns) => ({
    namespace: ns.getNamespace(),
    ...decodeKvRwset(ns.getRwset_asU8()),
    collections: ns.getCollectionHashedRwsetList().map(decodeHashed),
  }));
}
