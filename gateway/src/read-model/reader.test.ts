import assert from 'node:assert/strict';
import { createLogger, openStore, type Store } from '@roamgrid/service-kit';
import { sql } from 'kysely';
import type { Ledger, LedgerBlock } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { gatewayConfig } from '../config.ts';
import { migrations } from '../store/migrations.ts';
import type { GatewayDb } from '../store/schema.ts';
import { startChildGateway } from '../testing/child-gateway.ts';
import { ALABAMA } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { BlockReader } from './reader.ts';

/** Tables that blocks alone fill, with what orders them. A CDR's position depends on tries, its order does not. */
const TABLES: Readonly<Record<string, string>> = {
  block: 't.*',
  ledger_transaction: 't.*',
  touched: 't.*',
  utility: 't.*',
  station: 't.*',
  agreement: 't.*',
  terms: 't.*',
  tariff: 't.*',
  tariff_binding: 't.*',
  opening: 't.*',
  lane_ends: 't.*',
  ledger_session: 't.*',
  settled_session: 't.*',
  batch: 't.*',
  batch_header: 't.*',
  cdr: 'session_id, vun, hun, lane_id, lane_sequence, batch_id, cdr',
  invoice: 't.*',
  demand: 't.*',
  demand_chunk: 't.*',
  certificate: 't.*',
  holding: 't.*',
  session_note: 't.*',
};

describe('reading blocks', function () {
  this.timeout(120_000);
  let rig: GatewayRig;
  const stores: Store<GatewayDb>[] = [];
  before(async () => {
    rig = await gatewayRig('reader');
  });
  after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await rig.close();
  });
  const storeOf = async (database: string): Promise<Store<GatewayDb>> => {
    const store = await openStore<GatewayDb>({
      stateDir: rig.ledger.stateDir,
      database,
      schema: 'gateway',
      migrations,
      connections: 2,
    });
    stores.push(store);
    return store;
  };
  const heightOf = async (store: Store<GatewayDb>): Promise<bigint> => {
    const row = await store.db.selectFrom('checkpoint').select('next_block').executeTakeFirst();
    return row?.next_block ?? 0n;
  };
  const contentOf = async (store: Store<GatewayDb>, below: bigint): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const [table, columns] of Object.entries(TABLES)) {
      const cut = table === 'block' ? sql`where number < ${below}` : sql``;
      const { rows } = await sql<{ digest: string; rows: bigint }>`
        select count(*) as rows, coalesce(md5(string_agg(line, ',' order by line)), '') as digest
        from (select row(${sql.raw(columns)})::text as line from ${sql.table(table)} as t ${cut}) as lines`.execute(
        store.db,
      );
      found[table] = `${rows[0]?.rows ?? 0n} rows, ${rows[0]?.digest ?? ''}`;
    }
    return found;
  };

  it('ends in the same rows however often the reader is killed on the way', async () => {
    const whole = await storeOf('reader_alabama');
    const target = await ledgerHeight();
    await until('the other reader has read all', async () =>
      (await heightOf(whole)) >= target ? true : undefined,
    );
    const torn = await storeOf('reader_torn');
    const config = rig.config(ALABAMA, 'reader_torn', { routerUrl: undefined });
    let seen = 0n;
    const crashes = [
      ['block-written', 2],
      ['block-collected', 3],
      ['block-committed', 2],
      ['block-written', 1],
    ] as const;
    for (const [step, count] of crashes) {
      const child = await startChildGateway(config, { step, count });
      await child.gone;
      const now = await heightOf(torn);
      assert.ok(now >= seen, 'the checkpoint went back');
      const { rows } = await sql<{ most: bigint | null }>`select max(number) as most from block`.execute(
        torn.db,
      );
      assert.equal((rows[0]?.most ?? -1n) + 1n, now, 'rows and checkpoint differ');
      seen = now;
    }
    assert.ok(seen > 0n && seen < target, 'the kills did not fall into the reading');
    const last = await startChildGateway(config);
    await until('the torn reader has caught up', async () =>
      (await heightOf(torn)) >= target ? true : undefined,
    );
    await last.kill('SIGTERM');
    assert.deepEqual(await contentOf(torn, target), await contentOf(whole, target));
  });

  const ledgerHeight = async (): Promise<bigint> => {
    const ledger = ledgerOf();
    try {
      return await ledger.height();
    } finally {
      ledger.close();
    }
  };

  const ledgerOf = () => openLedger(gatewayConfig.parse(rig.config(ALABAMA, 'unused')).ledger);

  /** The real chain with one block changed on the way. */
  const tampered = (real: Ledger, change: (block: LedgerBlock) => LedgerBlock): Ledger => ({
    submit: (command) => real.submit(command),
    evaluate: (query) => real.evaluate(query),
    height: () => real.height(),
    block: (number) => real.block(number),
    close: () => {
      real.close();
    },
    async *blocks(from, signal) {
      for await (const block of real.blocks(from, signal)) yield change(block);
    },
  });

  const faultOf = async (database: string, change: (block: LedgerBlock) => LedgerBlock): Promise<string> => {
    const store = await storeOf(database);
    const ledger = tampered(ledgerOf(), change);
    const reader = new BlockReader({
      ledger,
      db: store.db,
      logger: createLogger('reader', { level: 'silent' }),
      onBlock: () => undefined,
      onCatchUp: () => Promise.resolve(),
    });
    await reader.start();
    try {
      return await until('the reader stops', () => Promise.resolve(reader.state.fault));
    } finally {
      await reader.stop();
      ledger.close();
    }
  };

  it('stops at a block that does not follow the one before it, and keeps what it had', async () => {
    const forged = await faultOf('reader_forged', (block) =>
      block.number === 3n ? { ...block, previousHash: 'ab'.repeat(32) } : block,
    );
    assert.match(forged, /block 3 does not name the hash/);
    assert.equal(await heightOf(stores.at(-1) as Store<GatewayDb>), 3n);
    const skipped = await faultOf('reader_skipped', (block) =>
      block.number === 2n ? { ...block, number: 5n } : block,
    );
    assert.match(skipped, /block 5 came where 2 was due/);
  });

  it('goes no further on a chain whose last block is another one than it read', async () => {
    // The store of the test before ends with block 2.
    const fault = await faultOf('reader_forged', (block) => ({ ...block, hash: 'cd'.repeat(32) }));
    assert.match(fault, /block 2 is another one than was read/);
  });

  it('stops at a committed record that it cannot read instead of leaving it out', async () => {
    const fault = await faultOf('reader_unreadable', (block) => ({
      ...block,
      transactions: block.transactions.map((transaction) => ({
        ...transaction,
        writes: transaction.writes.map((write) =>
          write.key.startsWith('utility:') ? { ...write, value: '{"type":"utility"}' } : write,
        ),
      })),
    }));
    assert.match(fault, /utility:/);
  });

  it('verifies the hashes of the real chain block by block', async () => {
    const ledger = ledgerOf();
    const stop = new AbortController();
    let previous: LedgerBlock | undefined;
    for await (const block of ledger.blocks(0n, stop.signal)) {
      if (previous !== undefined) assert.equal(block.previousHash, previous.hash);
      previous = block;
      if (block.number >= 5n) break;
    }
    assert.equal(previous?.number, 5n);
    stop.abort();
    ledger.close();
  });
});
