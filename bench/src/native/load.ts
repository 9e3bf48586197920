/** Ways to put load on something: as fast as so many workers go, or at a set pace. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs the jobs with `inFlight` workers; returns the seconds it took. The first failure ends it. */
export async function closedLoop<T>(
  jobs: readonly T[],
  inFlight: number,
  run: (job: T) => Promise<void>,
): Promise<number> {
  const left = jobs.values();
  // The workers share one iterator: each job is taken once.
  const worker = async (): Promise<void> => {
    for (const job of left) await run(job);
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (performance.now() - startedMs) / 1000;
}

/**
 * Starts a job each `intervalMs`, however long those before take, and gives the latencies in ms from the instant at
 * which each was due: a late start counts against the system, not for it.
 */
export async function paced<T>(
  jobs: readonly T[],
  intervalMs: number,
  run: (job: T) => Promise<void>,
): Promise<number[]> {
  const firstMs = performance.now();
  const latencies: number[] = [];
  const started: Promise<void>[] = [];
  for (const [index, job] of jobs.entries()) {
    const dueMs = firstMs + index * intervalMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    started.push(
      run(job).then(() => {
        latencies.push(performance.now() - dueMs);
      }),
    );
  }
  await Promise.all(started);
  return latencies;
}
