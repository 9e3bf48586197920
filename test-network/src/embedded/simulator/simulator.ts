/**
 * Simulates one transaction over a fixed state: reads see the committed state only, never the transaction's own writes.
 * Spec: Fabric `txmgr/tx_simulator.go`, `query_executor.go`; messages as there.
 */
import type { ChannelLedger, LedgerView } from '../ledger/ledger.ts';
import { formatHeight, sameHeight } from '../ledger/height.ts';
import { decodeMetadata, VALIDATION_PARAMETER } from '../ledger/metadata.ts';
import type { VersionedValue } from '../ledger/values.ts';
import type { DefinitionRegistry } from '../lifecycle/registry.ts';
import { PrivateRangeIterator, RangeIterator } from './iterators.ts';
import type { KeyValue, ResultIterator } from './iterators.ts';
import type { PrivateCollectionWrites } from './private-rwset.ts';
import type { MetadataEntry } from './rwset.ts';
import { encodeTxRwset } from './rwset.ts';
import { RwsetBuilder, sha256 } from './rwset-builder.ts';

export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/** Which policies the writes of a collection (or of the public state: '') fall under. */
export interface WrittenPolicies {
  /** True when a key without its own policy was written. */
  chaincodePolicy: boolean;
  /** Serialised signature policies of written keys that have their own. */
  readonly keyPolicies: Uint8Array[];
}

export interface SimulationResults {
  readonly rwset: Buffer;
  readonly namespaces: readonly string[];
  readonly privateWrites: readonly PrivateCollectionWrites[];
  /** Collections whose private data was read, by namespace. */
  readonly privateReads: ReadonlyMap<string, ReadonlySet<string>>;
  /** By namespace and collection. */
  readonly written: ReadonlyMap<string, ReadonlyMap<string, WrittenPolicies>>;
}

const NOTHING = new Uint8Array();

export class TxSimulator {
  readonly #ledger: ChannelLedger;
  readonly #definitions: DefinitionRegistry;
  readonly #view: LedgerView;
  readonly #mspId: string;
  readonly #txId: string;
  readonly #rwset = new RwsetBuilder();
  readonly #rows = new Map<string, Map<string, VersionedValue | undefined>>();
  readonly #ranges: RangeIterator[] = [];
  readonly #privateReads = new Map<string, Set<string>>();
  readonly #written = new Map<string, Map<string, WrittenPolicies>>();
  #writePerformed = false;
  #privateQueryPerformed = false;
  #paginatedQueryPerformed = false;
  #done = false;

  /** Simulates on the peer of organisation `mspId`. Call `done` when finished. */
  constructor(ledger: ChannelLedger, definitions: DefinitionRegistry, mspId: string, txId: string) {
    this.#ledger = ledger;
    this.#definitions = definitions;
    this.#mspId = mspId;
    this.#txId = txId;
    this.#view = ledger.view();
  }

  #active(): LedgerView {
    if (this.#done) throw new SimulationError('this instance should not be used after calling Done()');
    return this.#view;
  }

  /** A committed row, fetched once: the state does not change under a simulation. */
  #row(namespace: string, key: string): VersionedValue | undefined {
    let keys = this.#rows.get(namespace);
    if (keys === undefined) this.#rows.set(namespace, (keys = new Map<string, VersionedValue | undefined>()));
    let row = keys.get(key);
    if (row === undefined && !keys.has(key)) {
      row = this.#ledger.state.get(namespace, key, this.#active().state);
      keys.set(key, row);
    }
    return row;
  }

  #read(namespace: string, key: string): VersionedValue | undefined {
    this.#active();
    const row = this.#row(namespace, key);
    this.#rwset.read(namespace, key, row?.version);
    return row;
  }

  getState(namespace: string, key: string): Uint8Array {
    return this.#read(namespace, key)?.value ?? NOTHING;
  }

  getStateMetadata(namespace: string, key: string): ReadonlyMap<string, Uint8Array> {
    return decodeMetadata(this.#read(namespace, key)?.metadata);
  }

  /** An empty value deletes the key. */
  setState(namespace: string, key: string, value: Uint8Array): void {
    this.#beforeWrite();
    this.#rwset.write(namespace, key, value);
    this.#notePolicy(namespace, '', this.#row(namespace, key)?.metadata);
  }

  setStateMetadata(namespace: string, key: string, entries: readonly MetadataEntry[]): void {
    this.#beforeWrite();
    this.#rwset.writeMetadata(namespace, key, entries);
    this.#notePolicy(namespace, '', this.#row(namespace, key)?.metadata);
  }

  range(namespace: string, startKey: string, endKey: string): ResultIterator<KeyValue> {
    return this.#range(namespace, startKey, endKey, 0);
  }

  rangePage(namespace: string, startKey: string, endKey: string, pageSize: number): ResultIterator<KeyValue> {
    this.#refuseAfterWrite('Paginated queries are supported only in a read-only transaction');
    this.#paginatedQueryPerformed = true;
    return this.#range(namespace, startKey, endKey, pageSize);
  }

  #range(namespace: string, startKey: string, endKey: string, pageSize: number): RangeIterator {
    const { state: snapshot } = this.#active();
    const found = this.#ledger.state.range(namespace, startKey, endKey, { snapshot });
    const iterator = new RangeIterator(namespace, startKey, endKey, pageSize, found);
    this.#ranges.push(iterator);
    return iterator;
  }

  #requireCollection(namespace: string, collection: string): void {
    if (this.#definitions.collection(namespace, collection) === undefined) {
      throw new SimulationError(
        `collection [${collection}] not defined in the collection config for chaincode [${namespace}]`,
      );
    }
  }

  #hashed(namespace: string, collection: string, key: string): VersionedValue | undefined {
    return this.#ledger.state.getHashed(namespace, collection, sha256(key), this.#active().state);
  }

  /** The private value as this organisation's peer has it; fails when the channel knows a version it does not have. */
  getPrivateData(namespace: string, collection: string, key: string): Uint8Array {
    this.#requireCollection(namespace, collection);
    const snapshot = this.#active().privateOf(this.#mspId);
    const row = this.#ledger.privates.get(this.#mspId)?.get(namespace, collection, key, snapshot);
    const publicVersion = this.#hashed(namespace, collection, key)?.version;
    if (!sameHeight(publicVersion, row?.version)) {
      throw new SimulationError(
        'private data matching public hash version is not available. ' +
          `Public hash version = ${formatHeight(publicVersion)}, Private data version = ${formatHeight(row?.version)}`,
      );
    }
    this.#rwset.hashedRead(namespace, collection, key, row?.version);
    this.#notePrivateRead(namespace, collection);
    return row?.value ?? NOTHING;
  }

  getPrivateDataHash(namespace: string, collection: string, key: string): Uint8Array {
    this.#requireCollection(namespace, collection);
    const row = this.#hashed(namespace, collection, key);
    this.#rwset.hashedRead(namespace, collection, key, row?.version);
    return row?.value ?? NOTHING;
  }

  getPrivateMetadata(namespace: string, collection: string, key: string): ReadonlyMap<string, Uint8Array> {
    this.#requireCollection(namespace, collection);
    const row = this.#hashed(namespace, collection, key);
    this.#rwset.hashedRead(namespace, collection, key, row?.version);
    return decodeMetadata(row?.metadata);
  }

  setPrivateData(namespace: string, collection: string, key: string, value: Uint8Array): void {
    this.#requireCollection(namespace, collection);
    this.#beforeWrite();
    this.#rwset.privateWrite(namespace, collection, key, value);
    this.#notePolicy(namespace, collection, this.#hashed(namespace, collection, key)?.metadata);
  }

  purgePrivateData(namespace: string, collection: string, key: string): void {
    this.#requireCollection(namespace, collection);
    this.#beforeWrite();
    this.#rwset.privateWrite(namespace, collection, key, NOTHING, true);
    this.#notePolicy(namespace, collection, this.#hashed(namespace, collection, key)?.metadata);
  }

  setPrivateMetadata(ns: string, collection: string, key: string, entries: readonly MetadataEntry[]): void {
    this.#requireCollection(ns, collection);
    this.#beforeWrite();
    this.#rwset.privateMetadata(ns, collection, key, entries);
    this.#notePolicy(ns, collection, this.#hashed(ns, collection, key)?.metadata);
  }

  privateRange(
    namespace: string,
    collection: string,
    startKey: string,
    endKey: string,
  ): ResultIterator<KeyValue> {
    this.#refuseAfterWrite('Queries on pvt data is supported only in a read-only transaction');
    this.#privateQueryPerformed = true;
    this.#requireCollection(namespace, collection);
    const snapshot = this.#active().privateOf(this.#mspId);
    const database = this.#ledger.privates.get(this.#mspId);
    if (database === undefined) throw new SimulationError(`${this.#mspId} keeps no private data`);
    return new PrivateRangeIterator(
      namespace,
      database.range(namespace, collection, startKey, endKey, snapshot),
    );
  }

  #beforeWrite(): void {
    this.#active();
    if (this.#privateQueryPerformed) {
      this.#refuse('Transaction has already performed queries on pvt data. Writes are not allowed');
    }
    if (this.#paginatedQueryPerformed) {
      this.#refuse('Transaction has already performed a paginated query. Writes are not allowed');
    }
    this.#writePerformed = true;
  }

  #refuseAfterWrite(reason: string): void {
    if (this.#writePerformed) this.#refuse(reason);
  }

  // The misspelling is Fabric's own, and clients may match on it.
  #refuse(reason: string): never {
    throw new SimulationError(`txid [${this.#txId}]: unsuppored transaction. ${reason}`);
  }

  #notePrivateRead(namespace: string, collection: string): void {
    const collections = this.#privateReads.get(namespace) ?? new Set<string>();
    collections.add(collection);
    this.#privateReads.set(namespace, collections);
  }

  #notePolicy(namespace: string, collection: string, metadata: Uint8Array | undefined): void {
    const collections = this.#written.get(namespace) ?? new Map<string, WrittenPolicies>();
    const found = collections.get(collection) ?? { chaincodePolicy: false, keyPolicies: [] };
    const own = decodeMetadata(metadata).get(VALIDATION_PARAMETER);
    if (own === undefined || own.length === 0) found.chaincodePolicy = true;
    else found.keyPolicies.push(own);
    collections.set(collection, found);
    this.#written.set(namespace, collections);
  }

  results(): SimulationResults {
    for (const { query } of this.#ranges) this.#rwset.rangeQuery(query.namespace, query.query);
    const { namespaces, privateWrites } = this.#rwset.build();
    return {
      rwset: encodeTxRwset(namespaces),
      namespaces: namespaces.map(({ namespace }) => namespace),
      privateWrites,
      privateReads: this.#privateReads,
      written: this.#written,
    };
  }

  get height(): number {
    return this.#view.height;
  }

  done(): void {
    if (this.#done) return;
    this.#done = true;
    this.#view.release();
  }
}
