/**
 * How long a whole ledger takes an auditor: sessions are opened and settled on a native network, then its peer's block files are
 * verified by `auditor/` alone, once from blocks, once with one party's bodies. Needs Fabric's programs in FABRIC_BIN or PATH.
 * `npx tsx bench/src/verify-blocks.ts [SESSIONS] [--blocks-alone] [--out FILE]` prints JSON.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BodyFiles, blocksIn, nodePrimitives, verifyLedger } from '@roamgrid/auditor/node';
import { canonicalJson, unpackBodies } from '@roamgrid/wire';
import { BenchClient } from './native/client.ts';
import type { SettledBatch } from './native/lane-gateway.ts';
import { sessionRate } from './native/measure.ts';
import { startNetwork } from './native/network.ts';
import { SessionMaker } from './native/sessions.ts';
import { rounded } from './native/statistics.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'blocks-alone': { type: 'boolean', default: false }, out: { type: 'string' } },
});
const SESSIONS = Number(positionals[0] ?? 100_000);
const { out, 'blocks-alone': isAlone } = values;
const WINDOW = 10_000;
const SPREAD = {
  stations: 400,
  lanes: 4,
  openedTogether: 100,
  batch: 500,
  cachedPercent: 85,
  customers: 700,
  bound: true,
  device: false,
};
/** How often the way is written down. */
const MARKS = 10;

const startedAtMs = Date.now();
const report = (line: string): void => {
  process.stderr.write(`${((Date.now() - startedAtMs) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
};

const unpacked = (text: string | undefined): readonly string[] => {
  const texts = unpackBodies(text ?? '');
  if (!texts.ok) throw new Error(texts.error.message);
  return texts.value;
};

const writeBodies = (folder: string, { batchId, call }: SettledBatch): void => {
  const { header = '', sessions, openings, terms = '' } = call.transient ?? {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  writeFileSync(join(folder, 'terms-bench-1.json'), text(terms));
  const bodies = {
    header: text(header),
    openings: unpacked(text(openings)),
    sessions: unpacked(text(sessions)),
  };
  writeFileSync(join(folder, `batch-${batchId}.json`), canonicalJson(bodies));
};

const measure = async (blocks: string, bodies: string | undefined) => {
  const beganAtMs = performance.now();
  const way: { transactions: number; seconds: number; rssMb: number }[] = [];
  let peakMb = 0;
  const seen = (transactions: number): void => {
    const rssMb = Math.round(process.memoryUsage.rss() / 1_048_576);
    peakMb = Math.max(peakMb, rssMb);
    const seconds = rounded((performance.now() - beganAtMs) / 1_000, 2);
    way.push({ transactions, seconds, rssMb });
  };
  const verdict = await verifyLedger(nodePrimitives, () => blocksIn(blocks), {
    ...(bodies !== undefined && { bodies: () => new BodyFiles(bodies) }),
    onBlock: (_, transactions) => {
      seen(transactions);
    },
  });
  if (!verdict.holds) throw new Error(verdict.firstFailure);
  const { told } = verdict;
  const closed = [...told.lanes.values()].reduce((sum, lane) => sum + lane.closed, 0);
  const seconds = rounded((performance.now() - beganAtMs) / 1_000, 2);
  const every = Math.max(1, Math.ceil(way.length / MARKS));
  return {
    blocks: verdict.trusted.blocks,
    transactions: told.transactions,
    sessions: closed,
    withBodies: told.bodies?.sessions ?? 0,
    seconds,
    sessionsASecond: Math.round(closed / seconds),
    peakMb,
    way: way.filter((_, index) => index % every === every - 1 || index === way.length - 1),
  };
};

const network = await startNetwork({ orderer: 'raft', block: {}, profiled: false, without: [], report });
const client = new BenchClient(network.connection);
const bodies = mkdtempSync(join(tmpdir(), 'roamgrid-bodies-'));
writeFileSync(join(bodies, 'of.json'), canonicalJson({ utilityId: 'USDUK' }));
try {
  const maker = new SessionMaker(SPREAD);
  await maker.prepare(client);
  const blocks = await network.blockFolder();
  const growth: Awaited<ReturnType<typeof measure>>[] = [];
  while (maker.made < SESSIONS) {
    const work = await maker.work(Math.min(WINDOW, SESSIONS - maker.made));
    const { batches } = await sessionRate({ network, client, maker }, work);
    if (!isAlone) for (const batch of batches) writeBodies(bodies, batch);
    report(`${maker.made} sessions are on the ledger`);
    if (maker.made === WINDOW) growth.push(await measure(blocks, undefined));
  }
  report('verifying from blocks alone');
  const alone = await measure(blocks, undefined);
  report(`${alone.sessions} sessions in ${alone.seconds} s${isAlone ? '' : '; again, with bodies'}`);
  const withBodies = isAlone ? undefined : await measure(blocks, bodies);
  const result = {
    at: new Date(startedAtMs).toISOString(),
    machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version },
    loadAfter: loadavg(),
    spread: SPREAD,
    ledgerBytes: await network.ledgerBytes(),
    fromBlocksAlone: [...growth, alone],
    withOnePartysBodies: withBodies,
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (out !== undefined) writeFileSync(out, text);
} finally {
  client.close();
  await network.stop();
  rmSync(bodies, { recursive: true, force: true });
}
