import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { Supervisor } from '@roamgrid/utility';
import { childrenByParent, familyOf } from './processes.ts';

const MIB = 1024 * 1024;

/** Whether this system tells what a process holds: Linux does, in `/proc`. */
export const canWatchMemory = process.platform === 'linux';

/** What one process holds alone and its share of what it holds with others (PSS), KiB; nothing when it is gone. */
function heldKiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** This process: services that are none of their own, and whoever drives them. */
export const OWN_PROCESS = 'services';

/** One look at all parts: when, since the watch began, and what each holds, MiB. */
export interface MemorySample {
  readonly atSeconds: number;
  readonly partsMiB: Readonly<Record<string, number>>;
}

/** How a part's memory went: medians of the second and the last quarter of the watch, which a leak would part. */
export interface MemoryTrend {
  readonly secondQuarterMiB: number;
  readonly lastQuarterMiB: number;
  readonly mostMiB: number;
  /** By `FLAT_RULE`. */
  readonly isFlat: boolean;
}

const FLAT_PERCENT = 10;
const FLAT_MIB = 16;

/** What is called flat: less than that is what a collector that runs now and then leaves lying. */
export const FLAT_RULE = `the median of the last quarter is at most ${FLAT_PERCENT.toString()} % or ${FLAT_MIB.toString()} MiB, whichever is more, above that of the second`;

/** What a watch is judged to have seen. */
export interface MemoryVerdict {
  readonly rule: string;
  /** Every part is. */
  readonly isFlat: boolean;
  /** The most that this process's heap may grow to, MiB: as its operator set it, or else as the machine's memory has it. */
  readonly heapLimitMiB: number;
  readonly parts: Readonly<Record<string, MemoryTrend>>;
}

/**
 * Memory of every part that is a process of its own, with all processes that it started, and of this process. Only where `canWatchMemory`.
 */
export class MemoryWatch {
  readonly #supervisor: Supervisor;
  readonly #beganMs = performance.now();
  readonly #samples: MemorySample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(supervisor: Supervisor, everyMs = 2_000) {
    this.#supervisor = supervisor;
    this.#look();
    this.#timer = setInterval(() => {
      this.#look();
    }, everyMs);
  }

  /** Ends the watch. */
  stop(): readonly MemorySample[] {
    clearInterval(this.#timer);
    this.#look();
    return this.#samples;
  }

  #look(): void {
    const children = childrenByParent();
    const parts = this.#supervisor.parts.filter(({ pids }) => pids.length > 0);
    this.#samples.push({
      atSeconds: (performance.now() - this.#beganMs) / 1000,
      partsMiB: {
        [OWN_PROCESS]: heldKiB(process.pid) / 1024,
        ...Object.fromEntries(
          parts.map(({ name, pids }) => [
            name,
            pids.flatMap((pid) => familyOf(pid, children)).reduce((sum, pid) => sum + heldKiB(pid), 0) / 1024,
          ]),
        ),
      },
    });
  }
}

const median = (values: readonly number[]): number =>
  Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);

function trendOf(heldMiB: readonly number[]): MemoryTrend {
  const quarter = Math.ceil(heldMiB.length / 4);
  const secondQuarterMiB = median(heldMiB.slice(quarter, 2 * quarter));
  const lastQuarterMiB = median(heldMiB.slice(-quarter));
  const allowedMiB = Math.max(FLAT_MIB, (secondQuarterMiB * FLAT_PERCENT) / 100);
  return {
    secondQuarterMiB,
    lastQuarterMiB,
    mostMiB: Math.round(Math.max(...heldMiB)),
    isFlat: lastQuarterMiB <= secondQuarterMiB + allowedMiB,
  };
}

/** Judges every part. */
export function judgeMemory(samples: readonly MemorySample[]): MemoryVerdict {
  const names = [...new Set(samples.flatMap(({ partsMiB }) => Object.keys(partsMiB)))];
  const parts = Object.fromEntries(
    names.map((name) => [name, trendOf(samples.map(({ partsMiB }) => partsMiB[name] ?? 0))]),
  );
  return {
    rule: FLAT_RULE,
    isFlat: Object.values(parts).every(({ isFlat }) => isFlat),
    heapLimitMiB: Math.round(getHeapStatistics().heap_size_limit / MIB),
    parts,
  };
}
