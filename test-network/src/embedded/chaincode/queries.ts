/**
 * Feeds query results to the chaincode in batches. Spec: Fabric `chaincode/query_response_generator.go`: 100 results a
 * batch, one result read ahead, and the total limit cuts the query off without a further read.
 */
import { randomUUID } from 'node:crypto';
import { ledger, peer } from '@hyperledger/fabric-protos';
import type { HistoryEntry } from '../ledger/history.ts';
import type { KeyValue, ResultIterator } from '../simulator/iterators.ts';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';

const BATCH = 100;

export interface OpenQuery {
  readonly id: string;
  next(): Promise<peer.QueryResponse>;
  close(): Promise<void>;
}

export function encodeKeyValue({ namespace, key, value }: KeyValue): Uint8Array {
  const message = new ledger.queryresult.KV();
  message.setNamespace(namespace);
  message.setKey(key);
  message.setValue(value);
  return message.serializeBinary();
}

export function encodeHistory(entry: HistoryEntry): Uint8Array {
  const message = new ledger.queryresult.KeyModification();
  message.setTxId(entry.txId);
  message.setValue(entry.value);
  message.setIsDelete(entry.isDelete);
  const time = new timestamp.Timestamp();
  time.fromDate(new Date(entry.timestampMs));
  message.setTimestamp(time);
  return message.serializeBinary();
}

export class BatchedQuery<T> implements OpenQuery {
  readonly id = randomUUID();
  readonly #iterator: ResultIterator<T>;
  readonly #encode: (result: T) => Uint8Array;
  readonly #limit: number;
  readonly #paginated: boolean;
  #pending: peer.QueryResultBytes[] = [];
  #returned = 0;

  constructor(
    iterator: ResultIterator<T>,
    encode: (result: T) => Uint8Array,
    limit: number,
    paginated: boolean,
  ) {
    this.#iterator = iterator;
    this.#encode = encode;
    this.#limit = limit;
    this.#paginated = paginated;
  }

  async next(): Promise<peer.QueryResponse> {
    for (;;) {
      if (this.#returned >= this.#limit) return this.#last();
      const result = await this.#iterator.next();
      if (result === undefined) return this.#last();
      const full = !this.#paginated && this.#pending.length === BATCH ? this.#cut() : undefined;
      const bytes = new peer.QueryResultBytes();
      bytes.setResultbytes(this.#encode(result));
      this.#pending.push(bytes);
      this.#returned += 1;
      if (full !== undefined) return this.#response(full, true);
    }
  }

  #cut(): peer.QueryResultBytes[] {
    const batch = this.#pending;
    this.#pending = [];
    return batch;
  }

  async #last(): Promise<peer.QueryResponse> {
    const response = this.#response(this.#cut(), false);
    if (this.#paginated && this.#iterator.bookmark !== undefined) {
      const metadata = new peer.QueryResponseMetadata();
      metadata.setBookmark(await this.#iterator.bookmark());
      metadata.setFetchedRecordsCount(this.#returned);
      response.setMetadata(metadata.serializeBinary());
    }
    await this.close();
    return response;
  }

  #response(batch: peer.QueryResultBytes[], hasMore: boolean): peer.QueryResponse {
    const response = new peer.QueryResponse();
    response.setResultsList(batch);
    response.setHasMore(hasMore);
    response.setId(this.id);
    return response;
  }

  async close(): Promise<void> {
    await this.#iterator.close();
  }
}
