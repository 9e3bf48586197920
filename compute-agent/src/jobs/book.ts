import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustReadDurable, privateFolder, writeDurably } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import { isOver, jobRecord, type JobRecord } from './record.ts';

/** Records of jobs that are over, so that who asks hears what became of them; the oldest go first. */
const KEPT_AFTER = 1_000;

/** Hears of each write, before it is made and when it is kept: for tests that end the process there. */
export type WriteWatch = (record: JobRecord, phase: 'before' | 'after') => void;

/** The jobs of a cabinet, each in a file of its own that is replaced whole. */
export class JobBook {
  readonly #folder: string;
  readonly #records = new Map<string, JobRecord>();
  readonly #watch: WriteWatch | undefined;

  /** @throws when a record was spoiled: a job that may run somewhere must not be forgotten */
  constructor(stateDir: string, watch?: WriteWatch) {
    this.#folder = join(stateDir, 'jobs');
    this.#watch = watch;
    privateFolder(this.#folder);
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name, 'record');
      // A folder without a record is of a job that was never kept.
      if (!existsSync(file)) continue;
      const remedy =
        'see whether its job still runs here or elsewhere, then remove its folder or write the record anew';
      const record = jobRecord.parse(JSON.parse(mustReadDurable(file, remedy)));
      this.#records.set(record.order.jobId, record);
    }
  }

  all(): readonly JobRecord[] {
    return [...this.#records.values()];
  }

  of(jobId: string): JobRecord | undefined {
    return this.#records.get(jobId);
  }

  /** The job's own folder, which holds its checkpoint, result and output. */
  workFolder(jobId: string): string {
    return join(this.#folder, jobId, 'work');
  }

  /** Empties the job's folder, or makes it. */
  clearWork(jobId: string): string {
    const folder = this.workFolder(jobId);
    rmSync(folder, { recursive: true, force: true });
    privateFolder(folder);
    return folder;
  }

  /** When it returns, the record survives a power cut. */
  keep(record: JobRecord): void {
    const { jobId } = record.order;
    const folder = join(this.#folder, jobId);
    privateFolder(folder);
    this.#watch?.(record, 'before');
    writeDurably(join(folder, 'record'), JSON.stringify(z.encode(jobRecord, record)));
    this.#records.set(jobId, record);
    this.#watch?.(record, 'after');
    if (isOver(record)) this.#prune();
  }

  forget(jobId: string): void {
    rmSync(join(this.#folder, jobId), { recursive: true, force: true });
    this.#records.delete(jobId);
  }

  /** Forgets the oldest of those that are over, when they are too many. */
  #prune(): void {
    const over = this.all().filter(isOver);
    if (over.length <= KEPT_AFTER) return;
    over.sort((a, b) => (a.endedMs ?? 0) - (b.endedMs ?? 0));
    for (const { order } of over.slice(0, over.length - KEPT_AFTER)) this.forget(order.jobId);
  }
}
