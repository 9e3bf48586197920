/** The measurements, each on the same running network. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { MSP } from '@roamgrid/chaincode/testing';
import type { SettledBatch } from './lane-gateway.ts';
import { BOTH, proveSession, runLane, type LaneWork, type SessionMaker } from './sessions.ts';
import type { BenchClient, Outcome } from './client.ts';
import { costEach, snapshot, type Cost } from './costs.ts';
import { closedLoop, paced } from './load.ts';
import type { BenchNetwork } from './network.ts';
import { latencyOf, rounded, type Latency } from './statistics.ts';

const ASSET_BYTES = 300;
/** Sessions of one measurement of their cost: several times as many as are in flight, so that its ends weigh little. */
const WINDOW = 20_000;
/** In the measurement of finality. */
const SETTLED_AFTER_MS = 2_000;

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

export interface SessionRun {
  readonly rate: Rate;
  readonly batches: readonly SettledBatch[];
}

/** Complete sessions, opened and settled, as fast as they go: each lane one command at a time, all lanes at once. */
export const sessionRate = async (rig: Rig, work: readonly LaneWork[]): Promise<SessionRun> => {
  const count = work.reduce(
    (sum, { settles }) => sum + settles.reduce((all, { length }) => all + length, 0),
    0,
  );
  const batches: SettledBatch[] = [];
  const rate = await rateOf(rig, work, count, work.length, async (lane) => {
    const told = await runLane(rig.client, lane);
    batches.push(...told.batches);
    return told.outcomes;
  });
  return { rate, batches };
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
  readonly settleMs: Latency;
  readonly ledgerBytesEach: number;
}

/**
 * Tells what has come since the last telling, once its oldest has waited so long: one command at a time, as a gateway's lane
 * does. Facts come evenly; gives how long each took from its coming to its commit, ms.
 */
const tellAsTheyCome = async <T>(
  facts: readonly T[],
  { firstMs, everyMs, waitMs, most }: { firstMs: number; everyMs: number; waitMs: number; most: number },
  tell: (batch: readonly T[]) => Promise<unknown>,
): Promise<readonly number[]> => {
  const latencies: number[] = [];
  const dueMs = (index: number): number => firstMs + index * everyMs;
  for (let from = 0; from < facts.length;) {
    const pauseMs = dueMs(from) + waitMs - performance.now();
    if (pauseMs > 0) await sleep(pauseMs);
    const come = Math.max(1, Math.floor((performance.now() - firstMs) / everyMs) + 1 - from);
    const until = Math.min(facts.length, from + Math.min(come, most));
    await tell(facts.slice(from, until));
    for (; from < until; from += 1) latencies.push(performance.now() - dueMs(from));
  }
  return latencies;
};

/** Time from a fact to its committed record when sessions come at a pace, each settled two seconds after it opened. */
export async function sessionFinality(
  rig: Rig,
  perSecond: number,
  seconds: number,
  waitMs: number,
): Promise<SessionFinality> {
  const work = await rig.maker.work(Math.round(perSecond * seconds));
  const everyMs = (1000 * work.length) / perSecond;
  const before = await snapshot(rig.network);
  const opens: Promise<readonly number[]>[] = [];
  const settles: Promise<readonly number[]>[] = [];
  let count = 0;
  for (const { gateway, settles: ended } of work) {
    const sessions = ended.flat();
    count += sessions.length;
    const pace = { firstMs: performance.now(), everyMs, waitMs, most: rig.maker.spread.batch };
    const opened = new Map<(typeof sessions)[number], Promise<unknown>>();
    opens.push(
      tellAsTheyCome(sessions, pace, (batch) => {
        const told = rig.client.tell(gateway.open(batch), BOTH);
        for (const session of batch) opened.set(session, told);
        return told;
      }),
    );
    const later = { ...pace, firstMs: pace.firstMs + SETTLED_AFTER_MS };
    settles.push(
      tellAsTheyCome(sessions, later, async (batch) => {
        for (const session of batch) {
          while (!opened.has(session)) await sleep(5);
          await opened.get(session);
        }
        await rig.client.tell(gateway.settle(batch).call, BOTH);
      }),
    );
  }
  const all = async (samples: readonly Promise<readonly number[]>[]): Promise<Latency> =>
    latencyOf((await Promise.all(samples)).flat());
  const [openMs, settleMs] = await Promise.all([all(opens), all(settles)]);
  const { ledgerBytes } = costEach(before, await snapshot(rig.network), count);
  return { perSecond: rounded(perSecond, 1), waitMs, openMs, settleMs, ledgerBytesEach: ledgerBytes };
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
  each: (run: () => Promise<SessionRun>, isLast: boolean) => Promise<SessionRun>,
): Promise<{
  readonly rate: Rate;
  readonly windows: readonly Growth[];
  readonly last: readonly SettledBatch[];
}> {
  const windows: Growth[] = [];
  const before = await snapshot(rig.network);
  const loaded = load();
  let last: readonly SettledBatch[] = [];
  let [count, seconds, conflicts, clientMs] = [0, 0, 0, 0];
  do {
    const sessionsBefore = rig.maker.made;
    const work = await rig.maker.work(
      Math.min(WINDOW, Math.max(rig.maker.spread.batch, upTo - sessionsBefore)),
    );
    const isLast = rig.maker.made >= upTo;
    const { rate, batches } = await each(() => sessionRate(rig, work), isLast);
    last = batches;
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
  const inFlight = rig.maker.spread.lanes;
  return {
    windows,
    last,
    rate: { perSecond, inFlight, count, seconds: rounded(seconds), conflicts, each: cost, load: loaded },
  };
}

/** Reads back and proves some sessions of each batch; gives how many. */
export async function proveSample(rig: Rig, batches: readonly SettledBatch[]): Promise<number> {
  let proven = 0;
  for (const batch of batches) {
    for (const index of new Set([0, Math.floor(batch.hashes.length / 2), batch.hashes.length - 1])) {
      await proveSession(rig.client, batch, index);
      proven += 1;
    }
  }
  return proven;
}
