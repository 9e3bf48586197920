/**
 * How invoicing and netting grow: charge records of a period among 50 utilities, read from PostgreSQL, split into shares, summed by
 * pair, committed to, stated, proven and settled; beside it, in the same run, the same rows read and each hashed once.
 * `npx tsx bench/src/clearing-growth.ts [RECORDS]...` prints JSON. The contract's own functions, without ledger and endorsement.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  netPayments,
  netPositions,
  payablePositions,
  shares,
  splitSession,
  unwrap,
  currencyCode,
} from '@roamgrid/domain';
import { openStore, sqlMigration } from '@roamgrid/service-kit';
import {
  Commitments,
  commitTo,
  pairOf,
  pairSums,
  sumOpenings,
  type BalanceOpening,
  type Signed,
} from '@roamgrid/wire';
import { sql } from 'kysely';

const UTILITIES = 50;
const PAGE = 10_000;
const counts = process.argv.slice(2).map(Number);
const sizes = counts.length > 0 ? counts : [10_000, 100_000, 1_000_000];
const PARTS = unwrap(shares({ hun: 50_000n, vun: 850_000n, infrastructure: 90_000n, driver: 10_000n }));
const USD = unwrap(currencyCode('USD'));

interface Row {
  readonly number: number;
  readonly vun: string;
  readonly hun: string;
  readonly micros: string;
}

const stateDir = await mkdtemp(join(tmpdir(), 'roamgrid-clearing-growth-'));
const store = await openStore<{ cdr: Row }>({
  stateDir,
  database: 'growth',
  schema: 'growth',
  connections: 2,
  migrations: [
    sqlMigration(
      '001-cdr',
      'create table cdr (number int primary key, vun text not null, hun text not null, micros int8 not null)',
    ),
  ],
});

/** Rows in the order of their numbers, a page at a time: one page is in memory. */
const readAll = async (rows: number, take: (row: Row) => void): Promise<void> => {
  for (let after = 0; after < rows;) {
    const page = await store.db
      .selectFrom('cdr')
      .select(['number', 'vun', 'hun', 'micros'])
      .where('number', '>', after)
      .where('number', '<=', rows)
      .orderBy('number')
      .limit(PAGE)
      .execute();
    for (const row of page) take(row);
    after = page.at(-1)?.number ?? rows;
  }
};

const timed = async (work: () => Promise<void>): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
};

const hashed = (rows: number) => async (): Promise<void> => {
  await readAll(rows, ({ number, vun, hun, micros }) => {
    createHash('sha256').update(`${number} ${vun} ${hun} ${micros}`).digest();
  });
};

/** Invoices a pair and direction, balances, commitments, positions and their proofs, payments. */
const cleared = async (rows: number): Promise<void> => {
  let charged = 0n;
  let shared = 0n;
  const owed = new Map<string, { readonly vun: string; readonly hun: string; micros: bigint }>();
  await readAll(rows, ({ vun, hun, micros }) => {
    const total = BigInt(micros);
    const split = splitSession(total, PARTS);
    charged += total;
    shared += split.hun + split.vun + split.infrastructure + split.driver;
    const key = `${vun} ${hun}`;
    const invoice = owed.get(key) ?? { vun, hun, micros: 0n };
    invoice.micros += split.vun + split.infrastructure;
    owed.set(key, invoice);
  });
  const pairs = new Map<
    string,
    {
      readonly low: string;
      readonly high: string;
      readonly opening: BalanceOpening;
      readonly commitment: string;
    }
  >();
  for (const { vun, hun, micros } of owed.values()) {
    const { low, high } = pairOf(vun, hun);
    if (pairs.has(`${low} ${high}`)) continue;
    const back = owed.get(`${hun} ${vun}`)?.micros ?? 0n;
    const sums = pairSums(low, [
      ['invoice:there', { currency: 'USD', debtor: hun, payableMicros: micros }],
      ['invoice:back', { currency: 'USD', debtor: vun, payableMicros: back }],
    ]);
    const blinding = createHash('sha256').update(`${low} ${high}`).digest('hex');
    const opening = { micros: sums.get('USD')?.lowOwesMicros ?? 0n, blinding };
    pairs.set(`${low} ${high}`, { low, high, opening, commitment: commitTo(opening) });
  }
  const commitments = new Commitments();
  const members = [...new Set([...pairs.values()].flatMap(({ low, high }) => [low, high]))];
  for (const member of members) {
    const own = [...pairs.values()].filter(({ low, high }) => low === member || high === member);
    const signed = <T>(of: (pair: (typeof own)[number]) => T): Signed<T>[] =>
      own.map((pair) => ({ sign: pair.low === member ? -1 : 1, of: of(pair) }));
    const position = sumOpenings(signed(({ opening }) => opening));
    if (
      !commitments.opens(
        signed(({ commitment }) => commitment),
        position,
      )
    )
      throw new Error('not proven');
  }
  const net = unwrap(
    netPositions([...owed.values()].map(({ vun, hun, micros }) => ({ debtor: hun, creditor: vun, micros }))),
  );
  const payments = netPayments(payablePositions(net, USD));
  if (charged !== shared || payments.length >= UTILITIES) throw new Error('the books do not add up');
};

try {
  const most = Math.max(...sizes);
  await sql`insert into growth.cdr select i, 'US' || lpad((i % ${sql.lit(UTILITIES)})::text, 3, '0'),
    'US' || lpad(((i % ${sql.lit(UTILITIES)} + 1 + (i / ${sql.lit(UTILITIES)}) % ${sql.lit(UTILITIES - 1)}) % ${sql.lit(UTILITIES)})::text, 3, '0'),
    1000000 + (i * 7919::int8) % 40000000 from generate_series(1, ${sql.lit(most)}) i`.execute(store.db);
  await hashed(Math.min(...sizes))();
  const results = [];
  for (const records of sizes) {
    const hashMs = await timed(hashed(records));
    const before = process.memoryUsage().heapUsed;
    const clearMs = await timed(() => cleared(records));
    results.push({
      records,
      hashMs: Math.round(hashMs),
      clearMs: Math.round(clearMs),
      ratio: Math.round((clearMs / hashMs) * 100) / 100,
      microsecondsARecord: Math.round((clearMs * 1_000) / records),
      heapGrewMB: Math.round((process.memoryUsage().heapUsed - before) / 1e6),
      rssMB: Math.round(process.memoryUsage().rss / 1e6),
    });
  }
  process.stdout.write(`${JSON.stringify({ utilities: UTILITIES, page: PAGE, results }, null, 2)}\n`);
} finally {
  await store.close();
  await rm(stateDir, { recursive: true, force: true });
}
