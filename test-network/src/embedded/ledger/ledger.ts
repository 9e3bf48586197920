/**
 * One channel's ledger: the block file is the truth, the databases follow it and are caught up from it when opened.
 * A block is durable (fsync) before anything shows it; private data is durable before its block.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { peer } from '@hyperledger/fabric-protos';
import { BlockFile, BlockFileError } from './block-file.ts';
import { buildBlock, dataHash, decodeBlock, headerHash } from './block.ts';
import type { BlockSigner, DecodedBlock } from './block.ts';
import { openLevel, rows, SharedSnapshot } from './database.ts';
import type { Snapshot } from './database.ts';
import { EXPIRY_ROWS, SAVEPOINT_KEY } from './keys.ts';
import { PrivateDb } from './private-db.ts';
import { privateOperations } from './private-updates.ts';
import type { BlocksToLive, CommittedTransaction } from './private-updates.ts';
import { StateDb } from './state-db.ts';
import { publicOperations } from './state-operations.ts';
import { nextCommitHash, UpdateBatch } from './updates.ts';
import { decodeHeight } from './values.ts';
import { parseTransaction } from '../validator/transaction.ts';
import type { ParsedTransaction } from '../validator/transaction.ts';
import { applyWrites } from '../validator/tx-ops.ts';
import type { ValidatedBlock } from '../validator/block-validator.ts';
import type { PrivateCollectionWrites } from '../simulator/private-rwset.ts';

const RECENT_BLOCKS = 32;

/** A consistent state as of a block, for one simulation. Release it when done. */
export class LedgerView {
  readonly height: number;
  readonly #state: SharedSnapshot;
  readonly #privates: ReadonlyMap<string, SharedSnapshot>;

  constructor(height: number, state: SharedSnapshot, privates: ReadonlyMap<string, SharedSnapshot>) {
    this.height = height;
    this.#state = state.acquire();
    this.#privates = privates;
    for (const snapshot of privates.values()) snapshot.acquire();
  }

  get state(): Snapshot {
    return this.#state.snapshot;
  }

  privateOf(mspId: string): Snapshot | undefined {
    return this.#privates.get(mspId)?.snapshot;
  }

  release(): void {
    this.#state.release();
    for (const snapshot of this.#privates.values()) snapshot.release();
  }
}

/** Private writes of a block by organisation and transaction index. */
export type PrivateDataOfBlock = ReadonlyMap<string, ReadonlyMap<number, readonly PrivateCollectionWrites[]>>;

/** A committed block as its readers want it: parsed once, for all of them. */
export class CommittedBlock {
  readonly number: number;
  readonly bytes: Buffer;
  #transactions: readonly ParsedTransaction[] | undefined;
  #decoded: DecodedBlock | undefined;

  constructor(number: number, bytes: Buffer, transactions?: readonly ParsedTransaction[]) {
    this.number = number;
    this.bytes = bytes;
    this.#transactions = transactions;
  }

  get decoded(): DecodedBlock {
    return (this.#decoded ??= decodeBlock(this.bytes));
  }

  get flags(): Uint8Array {
    return this.decoded.flags;
  }

  get transactions(): readonly ParsedTransaction[] {
    return (this.#transactions ??= this.decoded.envelopes.map(parseTransaction));
  }
}

export class ChannelLedger {
  readonly state: StateDb;
  readonly privates: ReadonlyMap<string, PrivateDb>;
  readonly #file: BlockFile;
  readonly #blocksToLive: BlocksToLive;
  readonly #signer: BlockSigner;
  #height = 0;
  #lastHash: Buffer = Buffer.alloc(0);
  #commitHash: Buffer = Buffer.alloc(0);
  #stateSnapshot: SharedSnapshot;
  #privateSnapshots: ReadonlyMap<string, SharedSnapshot>;
  readonly #recent = new Map<number, CommittedBlock>();
  #waiters: (() => void)[] = [];
  #closed = false;
  /** True while some data has a limited life, so that every block has to look for what ends with it. */
  #expiring = false;

  private constructor(
    state: StateDb,
    privates: ReadonlyMap<string, PrivateDb>,
    file: BlockFile,
    blocksToLive: BlocksToLive,
    signer: BlockSigner,
  ) {
    this.state = state;
    this.privates = privates;
    this.#file = file;
    this.#blocksToLive = blocksToLive;
    this.#signer = signer;
    this.#stateSnapshot = new SharedSnapshot(state.level);
    this.#privateSnapshots = new Map(
      [...privates].map(([mspId, db]) => [mspId, new SharedSnapshot(db.level)]),
    );
  }

  /**
   * Opens or makes the ledger and catches the databases up with the block file. `configure` is given the state before
   * that, and tells how long each collection's data lives. `signer` signs each block that is committed.
   */
  static async open(
    directory: string,
    mspIds: readonly string[],
    signer: BlockSigner,
    configure: (state: StateDb) => BlocksToLive,
  ): Promise<ChannelLedger> {
    await mkdir(join(directory, 'private'), { recursive: true, mode: 0o700 });
    const [stateLevel, ...privateLevels] = await Promise.all([
      openLevel(join(directory, 'state')),
      ...mspIds.map((mspId) => openLevel(join(directory, 'private', mspId))),
    ]);
    const state = new StateDb(stateLevel);
    const privates = new Map<string, PrivateDb>();
    for (const [index, mspId] of mspIds.entries()) {
      const level = privateLevels[index];
      if (level !== undefined) privates.set(mspId, new PrivateDb(mspId, level));
    }
    const file = BlockFile.open(join(directory, 'blocks.dat'));
    const ledger = new ChannelLedger(state, privates, file, configure(state), signer);
    try {
      await ledger.#recover();
    } catch (error) {
      await ledger.close();
      throw error;
    }
    return ledger;
  }

  /** Number of blocks. */
  get height(): number {
    return this.#height;
  }

  get lastHash(): Buffer {
    return this.#lastHash;
  }

  get previousHash(): Buffer {
    if (this.#height === 0) return Buffer.alloc(0);
    return Buffer.from(this.block(this.#height - 1)?.decoded.header.previousHash ?? []);
  }

  async #recover(): Promise<void> {
    const savepoint = this.state.level.getSync(SAVEPOINT_KEY);
    const applied = savepoint === undefined ? -1 : decodeHeight(savepoint).block;
    this.#expiring = await hasExpiringData(this.state);
    const privateSavepoints = [...this.privates.values()].map((db) => db.savepoint());
    const from = Math.min(applied, ...privateSavepoints);
    const start = from < 0 ? undefined : this.state.blockPosition(from);
    // From the first block on, so that damage anywhere is found now and not when somebody asks for that block.
    for (const { payload, offset, length } of this.#file.scan(BlockFile.start)) {
      if (start !== undefined && offset < start.offset) continue;
      const { header, envelopes, flags, commitHash } = decodeBlock(payload);
      this.#advance(new CommittedBlock(header.number, payload), headerHash(header), Buffer.from(commitHash));
      if (header.number <= from) continue;
      const transactions = envelopes.map(parseTransaction);
      const updates = new UpdateBatch();
      for (const [tx, { action }] of transactions.entries()) {
        if (flags[tx] === peer.TxValidationCode.VALID && action !== undefined && header.number > applied) {
          applyWrites(action.rwset, { block: header.number, tx }, updates, this.state);
        }
      }
      await this.#apply(header.number, transactions, [...flags], updates, { offset, length }, applied);
    }
    if (this.#height <= applied) {
      throw new BlockFileError(
        `BLOCKS_CUT: the state is at block ${applied} but the block file ends before it: it was cut, damaged at its end, or ` +
          'replaced. Nothing was changed. Put a copy of the whole state folder in its place, or start with another folder',
      );
    }
    this.#file.dropTorn();
    for (const db of this.privates.values()) await db.dropWritesAfter(this.#height - 1);
    this.#renewSnapshots([...this.privates.keys()]);
  }

  /** Appends a validated block: private data, block, databases, then the world sees it. Returns its number. */
  async commit(validated: ValidatedBlock, privateData: PrivateDataOfBlock): Promise<number> {
    const number = this.#height;
    const envelopes = validated.transactions.map((transaction) => transaction.envelope);
    const flags = Uint8Array.from(validated.codes);
    const commitHash =
      number === 0 ? Buffer.alloc(0) : nextCommitHash(this.#commitHash, flags, validated.updates);
    const header = { number, previousHash: this.#lastHash, dataHash: dataHash(envelopes) };
    const block = buildBlock(header, envelopes, flags, commitHash, this.#signer);
    const bytes = Buffer.from(block.serializeBinary());
    for (const [mspId, byTx] of privateData) await this.privates.get(mspId)?.storeWrites(number, byTx);
    const position = await this.#file.append(bytes);
    await this.#apply(
      number,
      validated.transactions,
      validated.codes,
      validated.updates,
      position,
      number - 1,
    );
    this.#advance(new CommittedBlock(number, bytes, validated.transactions), headerHash(header), commitHash);
    const changed = [...privateData.keys()];
    this.#renewSnapshots(changed.length > 0 || this.#expiring ? [...this.privates.keys()] : []);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
    return number;
  }

  async #apply(
    number: number,
    transactions: readonly ParsedTransaction[],
    codes: readonly number[],
    updates: UpdateBatch,
    position: { offset: number; length: number },
    applied: number,
  ): Promise<void> {
    const committed = transactions.flatMap((transaction, tx): CommittedTransaction[] =>
      codes[tx] === peer.TxValidationCode.VALID
        ? [{ height: { block: number, tx }, purges: purgesOf(transaction) }]
        : [],
    );
    const withCollections = transactions.filter(({ action }) =>
      action?.rwset.some((ns) => ns.collections.length > 0),
    );
    const finished = withCollections.map(({ txId }) => txId);
    const work: Promise<void>[] = [];
    // Blocks without private data move the private savepoints only now and then: replaying them costs nothing.
    if (finished.length > 0 || this.#expiring || number % 64 === 0) {
      for (const db of this.privates.values()) {
        if (db.savepoint() >= number) continue;
        const operations = privateOperations(db, number, committed, finished, this.#blocksToLive);
        work.push(operations.then((rowsOfBlock) => db.level.batch(rowsOfBlock)));
      }
    }
    if (number > applied) {
      const { operations, expires } = await publicOperations(
        this.state,
        { number, transactions, codes, position },
        updates,
        this.#blocksToLive,
        this.#expiring,
      );
      this.#expiring ||= expires;
      work.push(this.state.level.batch(operations));
    }
    await Promise.all(work);
  }

  #advance(block: CommittedBlock, hash: Buffer, commitHash: Buffer): void {
    this.#height = block.number + 1;
    this.#lastHash = hash;
    this.#commitHash = commitHash;
    this.#recent.set(block.number, block);
    this.#recent.delete(block.number - RECENT_BLOCKS);
  }

  #renewSnapshots(changedMsps: readonly string[]): void {
    this.#stateSnapshot.release();
    this.#stateSnapshot = new SharedSnapshot(this.state.level);
    if (changedMsps.length === 0) return;
    const next = new Map(this.#privateSnapshots);
    for (const mspId of changedMsps) {
      const db = this.privates.get(mspId);
      if (db === undefined) continue;
      next.get(mspId)?.release();
      next.set(mspId, new SharedSnapshot(db.level));
    }
    this.#privateSnapshots = next;
  }

  /** The state after the last committed block. */
  view(): LedgerView {
    return new LedgerView(this.#height, this.#stateSnapshot, this.#privateSnapshots);
  }

  block(number: number): CommittedBlock | undefined {
    if (number < 0 || number >= this.#height) return undefined;
    const recent = this.#recent.get(number);
    if (recent !== undefined) return recent;
    const position = this.state.blockPosition(number);
    return position === undefined ? undefined : new CommittedBlock(number, this.#file.read(position));
  }

  /** Resolves when a block is committed after the call, or the ledger is closed. */
  async nextCommit(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  get closed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiters) wake();
    this.#stateSnapshot.release();
    for (const snapshot of this.#privateSnapshots.values()) snapshot.release();
    await Promise.all([
      this.state.level.close(),
      ...[...this.privates.values()].map((db) => db.level.close()),
    ]);
    this.#file.close();
  }
}

async function hasExpiringData(state: StateDb): Promise<boolean> {
  for await (const [row] of rows(state.level, EXPIRY_ROWS)) if (row.length > 0) return true;
  return false;
}

function purgesOf({ action }: ParsedTransaction): CommittedTransaction['purges'] {
  return (action?.rwset ?? []).flatMap(({ namespace, collections }) =>
    collections.flatMap(({ collection, writes }) =>
      writes.filter((write) => write.isPurge).map(({ keyHash }) => ({ namespace, collection, keyHash })),
    ),
  );
}
