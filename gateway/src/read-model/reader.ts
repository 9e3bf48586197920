import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import { BlockCorrupt } from '../blocks/decode-block.ts';
import type { Ledger, LedgerBlock } from '../ledger/ledger.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { collectChanges, RecordUnreadable } from './collect.ts';
import { writeBlock } from './rows.ts';

/** Moments at which a crash must lose nothing; for tests. `block-written` is before the SQL transaction commits. */
export type BlockStep = 'block-collected' | 'block-written' | 'block-committed';

export interface ReaderOptions {
  readonly ledger: Ledger;
  readonly db: Kysely<GatewayDb>;
  readonly logger: Logger;
  /** Called after each block is in the database, in order. */
  readonly onBlock: (changes: BlockChanges) => void;
  /** Called when the database turned out to be ahead of what was announced: whoever keeps a copy reads it anew. */
  readonly onCatchUp: () => Promise<void>;
  readonly onStep?: (step: BlockStep) => void;
}

export interface ReaderState {
  /** Number of the next block to read. */
  readonly nextBlock: bigint;
  readonly lastBlockAtMs: number | undefined;
  /** Set when reading stopped for good: the chain or a record cannot be trusted. */
  readonly fault: string | undefined;
  readonly connected: boolean;
}

interface Checkpoint {
  readonly nextBlock: bigint;
  readonly lastHash: string;
}

export const readCheckpoint = async (db: Kysely<GatewayDb>): Promise<Checkpoint> => {
  const row = await db.selectFrom('checkpoint').selectAll().executeTakeFirst();
  return { nextBlock: row?.next_block ?? 0n, lastHash: row?.last_hash ?? '' };
};

/** @throws BlockCorrupt when the block does not follow the one before. */
const checkLink = ({ nextBlock, lastHash }: Checkpoint, block: LedgerBlock): void => {
  if (block.number !== nextBlock) {
    throw new BlockCorrupt(`block ${block.number} came where ${nextBlock} was due`);
  }
  if (block.number > 0n && block.previousHash !== lastHash) {
    throw new BlockCorrupt(`block ${block.number} does not name the hash of the block before it`);
  }
};

const RECONNECT_MS = 250;
const RECONNECT_MAX_MS = 5_000;

/**
 * Follows the chain into SQL rows. Rows and checkpoint are one SQL transaction: after a crash anywhere, reading goes on
 * exactly where the rows end. A broken stream is reopened; a broken chain is not read further.
 */
export class BlockReader {
  readonly #options: ReaderOptions;
  readonly #stop = new AbortController();
  #checkpoint: Checkpoint = { nextBlock: 0n, lastHash: '' };
  #running: Promise<void> | undefined;
  readonly #waiters = new Set<{ readonly block: bigint; readonly done: (isIn: boolean) => void }>();
  #state: Omit<ReaderState, 'nextBlock'> = { lastBlockAtMs: undefined, fault: undefined, connected: false };

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get state(): ReaderState {
    return { ...this.#state, nextBlock: this.#checkpoint.nextBlock };
  }

  async start(): Promise<void> {
    this.#checkpoint = await readCheckpoint(this.#options.db);
    this.#running = this.#follow();
  }

  async #follow(): Promise<void> {
    const { logger } = this.#options;
    let waitMs = RECONNECT_MS;
    while (!this.#stop.signal.aborted) {
      const before = this.#checkpoint.nextBlock;
      try {
        await this.#read();
      } catch (thrown) {
        if (thrown instanceof BlockCorrupt || thrown instanceof RecordUnreadable) {
          this.#state = { ...this.#state, connected: false, fault: thrown.message };
          logger.fatal({ err: thrown }, 'the chain cannot be read further');
          return;
        }
        logger.warn(
          { err: thrown, nextBlock: this.#checkpoint.nextBlock },
          'reading blocks again from the checkpoint',
        );
      }
      this.#state = { ...this.#state, connected: false };
      if (this.#checkpoint.nextBlock > before) waitMs = RECONNECT_MS;
      await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS);
      // A commit whose answer was lost may or may not be there: only the database knows.
      await this.#resume().catch((thrown: unknown) => {
        logger.warn({ err: thrown }, 'the database does not answer');
      });
    }
  }

  async #resume(): Promise<void> {
    const checkpoint = await readCheckpoint(this.#options.db);
    if (checkpoint.nextBlock !== this.#checkpoint.nextBlock) await this.#options.onCatchUp();
    this.#checkpoint = checkpoint;
  }

  async #read(): Promise<void> {
    const { ledger, db, onBlock, onStep } = this.#options;
    const { nextBlock, lastHash } = this.#checkpoint;
    // The last block once more: it comes at once, which shows that the stream is up however long no block follows, and that
    // the peer still has the chain that was read.
    const known = nextBlock - 1n;
    for await (const block of ledger.blocks(known < 0n ? 0n : known, this.#stop.signal)) {
      this.#state = { ...this.#state, connected: true };
      if (block.number === known) {
        if (block.hash !== lastHash) throw new BlockCorrupt(`block ${known} is another one than was read`);
        continue;
      }
      checkLink(this.#checkpoint, block);
      const changes = collectChanges(block);
      onStep?.('block-collected');
      await db.transaction().execute(async (trx) => {
        await writeBlock(trx, changes);
        onStep?.('block-written');
      });
      onStep?.('block-committed');
      this.#checkpoint = { nextBlock: block.number + 1n, lastHash: block.hash };
      this.#state = { ...this.#state, lastBlockAtMs: Date.now() };
      onBlock(changes);
      this.#announce();
    }
  }

  /** Waits until a block is in the database, at most `limitMs`; true when it is. */
  async readUpTo(block: bigint, limitMs = 3_000): Promise<boolean> {
    if (this.#checkpoint.nextBlock > block) return true;
    return new Promise((resolve) => {
      const waiter = {
        block,
        done: (isIn: boolean) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(isIn);
        },
      };
      const timer = setTimeout(() => {
        waiter.done(false);
      }, limitMs);
      this.#waiters.add(waiter);
    });
  }

  /** Ends all waiting for blocks, for those who wait for a long time and shall not hold up the end of a service. */
  endWaiting(): void {
    for (const waiter of this.#waiters) waiter.done(false);
  }

  #announce(): void {
    for (const waiter of this.#waiters) {
      if (this.#checkpoint.nextBlock > waiter.block) waiter.done(true);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
