/** Private write sets: what an endorser keeps aside, collection by collection, while the public set has hashes only. */
import { ledger } from '@hyperledger/fabric-protos';
import { decodeKvRwset } from './rwset.ts';
import type { KvWrite, MetadataWrite } from './rwset.ts';

/** One collection's private writes in serialised form; SHA-256 of `rwset` is in the public set. */
export interface PrivateCollectionWrites {
  readonly namespace: string;
  readonly collection: string;
  readonly rwset: Buffer;
}

export interface DecodedPrivateWrites {
  readonly writes: readonly KvWrite[];
  readonly metadataWrites: readonly MetadataWrite[];
}

export function decodePrivateWrites(rwset: Uint8Array): DecodedPrivateWrites {
  const { writes, metadataWrites } = decodeKvRwset(rwset);
  return { writes, metadataWrites };
}

/** The `TxPvtReadWriteSet` message of a transaction's private writes. */
export function txPrivateRwset(
  collections: readonly PrivateCollectionWrites[],
): ledger.rwset.TxPvtReadWriteSet {
  const byNamespace = new Map<string, ledger.rwset.CollectionPvtReadWriteSet[]>();
  for (const { namespace, collection, rwset } of collections) {
    const message = new ledger.rwset.CollectionPvtReadWriteSet();
    message.setCollectionName(collection);
    message.setRwset(rwset);
    const list = byNamespace.get(namespace) ?? [];
    list.push(message);
    byNamespace.set(namespace, list);
  }
  const message = new ledger.rwset.TxPvtReadWriteSet();
  message.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
  message.setNsPvtRwsetList(
    [...byNamespace].map(([namespace, list]) => {
      const ns = new ledger.rwset.NsPvtReadWriteSet();
      ns.setNamespace(namespace);
      ns.setCollectionPvtRwsetList(list);
      return ns;
    }),
  );
  return message;
}

export function encodePrivateWrites(collections: readonly PrivateCollectionWrites[]): Buffer {
  return Buffer.from(txPrivateRwset(collections).serializeBinary());
}

export function decodePrivateCollections(bytes: Uint8Array): PrivateCollectionWrites[] {
  return ledger.rwset.TxPvtReadWriteSet.deserializeBinary(bytes)
    .getNsPvtRwsetList()
    .flatMap((ns) =>
      ns.getCollectionPvtRwsetList().map((each) => ({
        namespace: ns.getNamespace(),
        collection: each.getCollectionName(),
        rwset: Buffer.from(each.getRwset_asU8()),
      })),
    );
}
