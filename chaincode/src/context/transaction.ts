import { canonicalJson, canonicalText, implicitCollection, LEDGER_LIMITS, privateKey } from '@roamgrid/wire';
import type { ChaincodeStub, ClientIdentity } from 'fabric-shim-api';
import type { z } from 'zod';
import { callerOf, type Caller } from './caller.ts';
import { ensure, LedgerError, refuse } from './ledger-error.ts';
import {
  decode,
  decodeOften,
  decodeStored,
  open,
  openAll,
  parseJson,
  unpackedBodies,
  type Opened,
} from './parse.ts';
import { readMany } from './peer-batch.ts';
import { WriteSet } from './write-set.ts';

/** A public record and who must endorse its later changes. */
export interface PutOptions {
  /** Both organisations of a bilateral record. Left out, the chaincode's own policy (a majority) applies. */
  readonly endorsers?: readonly string[];
  /** An item of the command names the record, so the receipt need not: a receipt stands three times in a block. */
  readonly ofItem?: true;
}

/**
 * One command's view of the ledger: the caller, the transaction's time, reads by schema, and staged writes.
 * A read of a key that is already staged throws, because Fabric would answer with the committed value.
 */
export class Transaction {
  readonly caller: Caller;
  /** Timestamp of the proposal, ms: the client's clock, so every time that a command states is bounded by it. */
  readonly nowMs: number;
  readonly commandId: string;
  /** The channel that the transaction is for: documents name theirs. */
  readonly channel: string;
  readonly #stub: ChaincodeStub;
  readonly #writes = new WriteSet();
  readonly #records: string[] = [];
  readonly #fetched = new Map<string, Uint8Array>();

  constructor(stub: ChaincodeStub, identity: ClientIdentity, commandId: string) {
    this.#stub = stub;
    this.caller = callerOf(identity);
    this.nowMs = stub.getDateTimestamp().getTime();
    this.commandId = commandId;
    this.channel = stub.getChannelID();
  }

  /** Keys of the public records staged so far, those that the command's items name left out. */
  get wrote(): readonly string[] {
    return this.#records;
  }

  /**
   * Reads keys that the verb is about to read, together. Only a matter of speed: a peer that gives one key at a time is
   * asked when the verb gets there.
   */
  async prefetch(keys: readonly string[]): Promise<void> {
    for (const [key, value] of (await readMany(this.#stub, keys)) ?? []) this.#fetched.set(key, value);
  }

  /** The committed value, empty when there is none. */
  async #read(key: string): Promise<Uint8Array> {
    return this.#fetched.get(key) ?? (await this.#stub.getState(key));
  }

  /** A record that many transactions read and few change; what it gives must not be changed. */
  async findOften<S extends z.ZodType>(schema: S, key: string): Promise<z.output<S> | undefined> {
    if (this.#writes.has(key)) throw new Error(`${key} is read after it was staged`);
    const bytes = await this.#read(key);
    return bytes.length === 0 ? undefined : decodeOften(schema, key, bytes);
  }

  async getOften<S extends z.ZodType>(schema: S, key: string): Promise<z.output<S>> {
    return (await this.findOften(schema, key)) ?? refuse('NOT_FOUND', `there is no ${key}`);
  }

  async find<S extends z.ZodType>(schema: S, key: string): Promise<z.output<S> | undefined> {
    if (this.#writes.has(key)) throw new Error(`${key} is read after it was staged`);
    const bytes = await this.#read(key);
    if (bytes.length === 0) return undefined;
    return decodeStored(schema, key, bytes);
  }

  async get<S extends z.ZodType>(schema: S, key: string): Promise<z.output<S>> {
    return (await this.find(schema, key)) ?? refuse('NOT_FOUND', `there is no ${key}`);
  }

  /** Refuses an id that is taken. */
  async requireAbsent(key: string): Promise<void> {
    if (this.#writes.has(key)) refuse('CONFLICT', `${key} stands twice in the command`);
    const bytes = await this.#read(key);
    ensure(bytes.length === 0, 'CONFLICT', `${key} exists already`);
  }

  /** All records of a key range; validated again at commit, so a phantom makes the transaction fail. */
  async range<S extends z.ZodType>(schema: S, start: string, end: string): Promise<readonly z.output<S>[]> {
    const records: z.output<S>[] = [];
    for await (const { key, value } of this.#stub.getStateByRange(start, end)) {
      records.push(decodeStored(schema, key, value));
    }
    return records;
  }

  /** Stages a public record. */
  put<S extends z.ZodType>(schema: S, key: string, value: z.output<S>, options: PutOptions = {}): void {
    const { endorsers, ofItem } = options;
    if (ofItem !== true) this.#records.push(key);
    this.#writes.put({ key, text: canonicalText(schema, value), ...(endorsers && { endorsers }) });
  }

  /** Stages the same private text for each organisation's own collection. */
  putPrivate(mspIds: readonly string[], key: string, text: string): void {
    for (const mspId of mspIds) {
      this.#writes.putPrivate({ collection: implicitCollection(mspId), key, text });
    }
  }

  /** Stages the end of a private body of one organisation, its past versions included. */
  purgeOwn(mspId: string, key: string): void {
    this.#writes.purge({ collection: implicitCollection(mspId), key });
  }

  /** Makes every one of the organisations endorse a command that writes none of their private bodies. */
  endorseBy(mspIds: readonly string[]): void {
    this.putPrivate(
      mspIds,
      privateKey.endorsed(this.commandId),
      canonicalJson({ commandId: this.commandId }),
    );
  }

  /** A private body that travels beside the command, in canonical form. */
  transient<S extends z.ZodType>(schema: S, name: string): Opened<z.output<S>> {
    return open(schema, parseJson(this.transientText(name), name), name);
  }

  /** A list of private bodies, each in canonical form, as many as the command has items. */
  transientList<S extends z.ZodType>(
    schema: S,
    name: string,
    length: number,
  ): readonly Opened<z.output<S>>[] {
    const raw = parseJson(this.transientText(name), name);
    if (!Array.isArray(raw)) return refuse('INVALID_ARGUMENT', `${name} is not an array`);
    return openAll(schema, raw, name, length);
  }

  /** Packed texts, as many as the command says, and their packed text as it came, for the collections. */
  transientTexts(name: string, count: number): { readonly texts: readonly string[]; readonly text: string } {
    const text = this.transientText(name);
    const texts = unpackedBodies(text, name);
    ensure(
      texts.length === count,
      'INVALID_ARGUMENT',
      `${name} has ${texts.length} entries, the command ${count}`,
    );
    return { texts, text };
  }

  /** What travels beside the command and is not kept: its form does not count. */
  transientValue<S extends z.ZodType>(schema: S, name: string): z.output<S> {
    return decode(schema, parseJson(this.transientText(name), name), name);
  }

  /** Whether something of this name travels beside the command. */
  hasTransient(name: string): boolean {
    return this.#stub.getTransient().has(name);
  }

  /** A transient text as it came. */
  transientText(name: string): string {
    const bytes = this.#stub.getTransient().get(name);
    if (bytes === undefined) return refuse('INVALID_ARGUMENT', `transient data has no ${name}`);
    return Buffer.from(bytes).toString('utf8');
  }

  /** Refuses a stated time that lies in the transaction's future: no record may promise the past of tomorrow. */
  notInFuture(atMs: number, what: string): void {
    if (atMs > this.nowMs + LEDGER_LIMITS.clockSkewMs) {
      throw new LedgerError(
        'CLOCK_SKEW',
        `${what} lies ${atMs - this.nowMs} ms after the transaction's time`,
      );
    }
  }

  async commit(): Promise<void> {
    await this.#writes.flush(this.#stub);
  }

  /** Stages the record of the command itself. */
  remember(key: string, text: string): void {
    this.#writes.put({ key, text });
  }
}
