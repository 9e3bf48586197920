import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { startThread } from '@roamgrid/service-kit/thread';
import type { Job, JobAnswer } from './job.ts';

const WORKER = join(import.meta.dirname, 'worker.ts');

/**
 * Runs a job on a thread of its own, so that training never holds up an answer. Jobs run one after another: each uses a
 * core for seconds.
 */
export class JobQueue {
  #tail: Promise<unknown> = Promise.resolve();
  readonly #running = new Set<Worker>();

  run(job: Job): Promise<JobAnswer> {
    const next = this.#tail.then(() => this.#start(job));
    this.#tail = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((worker) => worker.terminate()));
  }

  #start(job: Job): Promise<JobAnswer> {
    return new Promise((resolve, reject) => {
      const worker = startThread(WORKER, job);
      this.#running.add(worker);
      let answered = false;
      worker.once('message', (answer: JobAnswer) => {
        answered = true;
        resolve(answer);
      });
      worker.once('error', reject);
      worker.once('exit', (code) => {
        this.#running.delete(worker);
        if (!answered) reject(new Error(`the job's thread ended with ${code} and no answer`));
      });
    });
  }
}
