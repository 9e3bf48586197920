/** The measurements, each on the same running network. */
import { loadavg } from 'node:os';
import { MSP } from '@roamgrid/chaincode/testing';
import { BOTH, proveSession, runBatch, type Batch, type SessionMaker } from './sessions.ts';
import type { BenchClient, Outcome } from './client.ts';
import { costEach, snapshot, type Cost } from './costs.ts';
import { closedLoop, paced } from './load.ts';
import type { BenchNetwork } from './network.ts';
import { latencyOf, rounded, type Latency } from './statistics.ts';

const ASSET_BYTES = 300;
/** Sessions of one measurement of their cost: several times as many as are in flight, so that its ends weigh little. */
const WINDOW = 10_000;

export interface Rig {
  readonly network: BenchNetwork;
  readonly client: BenchClient;
  readonly maker: SessionMaker;
}

export interface Rate {
  readonly perSecond: number;
  readonly inFlight: number;
  readonly count: number;
  readonly seconds: number;
  readonly conflicts: number;
  readonly each: Cost;
  /** The machine's load average before, one minute. */
  readonly load: number;
}

const load = (): number => rounded(loadavg()[0] ?? 0);

let assets = 0;
const nextAsset = (): readonly [id: string, body: string] => {
  assets += 1;
  return [`asset-${assets}`, `${assets}`.padEnd(ASSET_BYTES, '.')];
};
const createAsset = ({ client }: Rig): Promise<Outcome> => client.createAsset(MSP.USDUK, ...nextAsset());

/** Runs jobs of so many units altogether with `inFlight` workers, and what each unit cost. */
async function rateOf<T>(
  rig: Rig,
  jobs: readonly T[],
  count: number,
  inFlight: number,
  tell: (job: T) => Promise<readonly Outcome[]>,
): Promise<Rate> {
  let conflicts = 0;
  const before = await snapshot(rig.network);
  const loaded = load();
  const seconds = await closedLoop(jobs, inFlight, async (job) => {
    conflicts += (await tell(job)).filter((outcome) => outcome === 'conflict').length;
  });
  const each = costEach(before, await snapshot(rig.network), count);
  const perSecond = rounded(count / seconds, 1);
  return { perSecond, inFlight, count, seconds: rounded(seconds), conflicts, each, load: loaded };
}

/** One asset a transaction, as fast as it goes with so many in flight. */
export const baseRate = (rig: Rig, count: number, inFlight: number): Promise<Rate> =>
  rateOf(rig, Array.from({ length: count }), count, inFlight, async () => [await createAsset(rig)]);

/** Assets of the base application, many a transaction and nothing checked: what batching alone brings. */
export const batchedAssetRate = (
  rig: Rig,
  transactions: number,
  size: number,
  inFlight: number,
): Promise<Rate> => {
  const batches = Array.from({ length: transactions }, () => Array.from({ length: size }, nextAsset));
  return rateOf(rig, batches, transactions * size, inFlight, async (batch) => [
    await rig.client.createAssets(MSP.USDUK, batch),
  ]);
};

/** Complete sessions, opened and closed, as fast as they go with so many batches in flight. */
export const sessionRate = (rig: Rig, batches: readonly Batch[], inFlight: number): Promise<Rate> => {
  const count = batches.reduce((sum, { sessions }) => sum + sessions.length, 0);
  return rateOf(rig, batches, count, inFlight, (batch) => runBatch(rig.client, batch));
};

/** Time to commit of single assets that come at a pace. */
export async function baseFinality(rig: Rig, perSecond: number, seconds: number): Promise<Latency> {
  const jobs = Array.from({ length: Math.max(1, Math.round(perSecond * seconds)) });
  return latencyOf(
    await paced(jobs, 1000 / perSecond, async () => {
      await createAsset(rig);
    }),
  );
}

export interface SessionFinality {
  readonly perSecond: number;
  /** How long facts wait to be told together, ms; the whole of it counts against each record. */
  readonly waitMs: number;
  readonly openMs: Latency;
  readonly closeMs: Latency;
}

/**
 * Time from a fact to its committed record when sessions come at a pace. Facts are told together each `waitMs`, so the
 * oldest of a batch has waited that long when the batch is due: that is added to every latency. Openings and closings
 * overlap: each batch is closed one second after its opening was due, or as soon as that is committed.
 */
export async function sessionFinality(
  rig: Rig,
  perSecond: number,
  seconds: number,
  waitMs: number,
): Promise<SessionFinality> {
  const size = Math.max(1, Math.round((perSecond * waitMs) / 1000));
  const batches = await rig.maker.batches(Math.round((seconds * 1000) / waitMs) * size, size);
  const opened = new Map<string, Promise<unknown>>();
  const opens = paced(batches, waitMs, async ({ open, batchId }) => {
    const told = rig.client.tell(open, BOTH);
    opened.set(batchId, told);
    await told;
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const closes = paced(batches, waitMs, async ({ close, batchId }) => {
    await opened.get(batchId);
    await rig.client.tell(close, BOTH);
  });
  const withWait = (samples: readonly number[]): Latency => latencyOf(samples.map((ms) => ms + waitMs));
  return {
    perSecond: rounded((size * 1000) / waitMs, 1),
    waitMs,
    openMs: withWait(await opens),
    closeMs: withWait(await closes),
  };
}

export interface Concurrent {
  readonly sessions: number;
  readonly conflicts: number;
  /** Sessions a second when none shares a transaction with another. */
  readonly perSecond: number;
}

/** Opens every session by a transaction of its own, all at once, then closes them in the same way. */
export async function sessionsInFlight(rig: Rig, sessions: number): Promise<Concurrent> {
  const batches = await rig.maker.batches(sessions, 1);
  const startedMs = performance.now();
  const opened = await Promise.all(batches.map(({ open }) => rig.client.tell(open, BOTH)));
  const closed = await Promise.all(batches.map(({ close }) => rig.client.tell(close, BOTH)));
  const seconds = (performance.now() - startedMs) / 1000;
  const conflicts = [...opened, ...closed].filter((outcome) => outcome === 'conflict').length;
  return { sessions, conflicts, perSecond: rounded(sessions / seconds, 1) };
}

export interface Growth {
  /** Sessions on the ledger before. */
  readonly sessionsBefore: number;
  readonly perSecond: number;
  readonly cpuMsEach: number;
  readonly ledgerBytesEach: number;
  readonly load: number;
}

/** Sessions at the top rate, a window at a time, and what each cost by how many there were already. */
export async function sessionWindows(
  rig: Rig,
  upTo: number,
  size: number,
  inFlight: number,
  each: (run: () => Promise<Rate>, isLast: boolean) => Promise<Rate>,
): Promise<{ readonly rate: Rate; readonly windows: readonly Growth[]; readonly last: readonly Batch[] }> {
  const windows: Growth[] = [];
  const before = await snapshot(rig.network);
  const loaded = load();
  let last: readonly Batch[] = [];
  let [count, seconds, conflicts, clientMs] = [0, 0, 0, 0];
  do {
    const sessionsBefore = rig.maker.made;
    last = await rig.maker.batches(Math.min(WINDOW, Math.max(size, upTo - sessionsBefore)), size);
    const batches = last;
    const isLast = rig.maker.made >= upTo;
    const rate = await each(() => sessionRate(rig, batches, inFlight), isLast);
    windows.push({
      sessionsBefore,
      perSecond: rate.perSecond,
      cpuMsEach: rate.each.cpuMs,
      ledgerBytesEach: rate.each.ledgerBytes,
      load: rate.load,
    });
    count += rate.count;
    seconds += rate.seconds;
    conflicts += rate.conflicts;
    clientMs += (rate.each.cpuMsByKind['client'] ?? 0) * rate.count;
  } while (rig.maker.made < upTo);
  const whole = costEach(before, await snapshot(rig.network), count);
  // Between windows the client signs the next sessions, which meters, stations and home utilities do in the field.
  const client = rounded(clientMs / count, 3);
  const cpuMs = rounded(whole.cpuMs - (whole.cpuMsByKind['client'] ?? 0) + client, 3);
  const perSecond = rounded(count / seconds, 1);
  const cost = { ...whole, cpuMs, cpuMsByKind: { ...whole.cpuMsByKind, client } };
  return {
    windows,
    last,
    rate: { perSecond, inFlight, count, seconds: rounded(seconds), conflicts, each: cost, load: loaded },
  };
}

/** Reads back and proves some sessions of each batch; gives how many. */
export async function proveSample(rig: Rig, batches: readonly Batch[]): Promise<number> {
  let proven = 0;
  for (const batch of batches) {
    for (const index of new Set([0, Math.floor(batch.sessions.length / 2), batch.sessions.length - 1])) {
      await proveSession(rig.client, batch, index);
      proven += 1;
    }
  }
  return proven;
}
