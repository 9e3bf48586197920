import { readFileSync } from 'node:fs';
import type { Supervisor } from '@roamgrid/utility';
import { childrenByParent, familyOf } from './processes.ts';

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

/** The trend of every part. */
export function memoryTrends(samples: readonly MemorySample[]): Readonly<Record<string, MemoryTrend>> {
  const names = [...new Set(samples.flatMap(({ partsMiB }) => Object.keys(partsMiB)))];
  const quarter = Math.ceil(samples.length / 4);
  return Object.fromEntries(
    names.map((name) => {
      const held = samples.map(({ partsMiB }) => partsMiB[name] ?? 0);
      return [
        name,
        {
          secondQuarterMiB: median(held.slice(quarter, 2 * quarter)),
          lastQuarterMiB: median(held.slice(-quarter)),
          mostMiB: Math.round(Math.max(...held)),
        },
      ];
    }),
  );
}
