/** What work costs: processor time by kind of process, and growth of the block files. */
import { readFile } from 'node:fs/promises';
import type { BenchNetwork } from './network.ts';
import { rounded } from './statistics.ts';

const CLOCK_TICKS_PER_SECOND = 100;

/** CPU milliseconds that a process has used; 0 where there is no /proc. */
async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1000) / CLOCK_TICKS_PER_SECOND;
}

export interface Snapshot {
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** Totals so far, by kind of process. */
export async function snapshot(network: BenchNetwork): Promise<Snapshot> {
  const used: Record<string, number> = { client: await cpuMs(process.pid) };
  for (const { id, kind, pid } of network.nodes) {
    const name = id.endsWith('-assets') ? 'chaincode-of-base' : kind;
    used[name] = (used[name] ?? 0) + (await cpuMs(pid));
  }
  return { cpuMs: used, bytes: await network.ledgerBytes() };
}

export interface Cost {
  /** CPU milliseconds of all processes together, and of each kind. */
  readonly cpuMs: number;
  readonly cpuMsByKind: Readonly<Record<string, number>>;
  readonly ledgerBytes: number;
}

/** What each of `count` units cost between two snapshots. */
export function costEach(before: Snapshot, after: Snapshot, count: number): Cost {
  const spent = Object.entries(after.cpuMs).map(([kind, ms]): [string, number] => [
    kind,
    (ms - (before.cpuMs[kind] ?? 0)) / count,
  ]);
  return {
    cpuMs: rounded(
      spent.reduce((sum, [, ms]) => sum + ms, 0),
      3,
    ),
    cpuMsByKind: Object.fromEntries(spent.map(([kind, ms]) => [kind, rounded(ms, 3)])),
    ledgerBytes: Math.round((after.bytes - before.bytes) / count),
  };
}
