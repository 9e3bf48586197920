import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { LinearModel, Solver, SolverAnswer } from '@roamgrid/domain/power';
import { startThread } from '@roamgrid/service-kit/thread';
import { faultOf } from './check-answer.ts';
import { READY, type Answer, type Question } from './messages.ts';
import { modelData, type ModelData } from './model-data.ts';

export interface HighsSolverOptions {
  /** After so long a solve is given up, ms. HiGHS looks at its clock now and then; a second later its thread is ended. */
  readonly timeLimitMs?: number;
}

interface Waiting {
  readonly resolve: (answer: SolverAnswer) => void;
  readonly model: ModelData;
  /** Ends the thread when the answer does not come. */
  timer: NodeJS.Timeout | undefined;
}

const WORKER = join(import.meta.dirname, 'highs-worker.ts');
const DEFAULT_TIME_LIMIT_MS = 2_000;
const GRACE_MS = 1_000;

const failed = (detail: string): SolverAnswer => ({ status: 'failed', detail });

/**
 * Solves linear programmes by HiGHS (WebAssembly) on a thread of its own, so that an answer never waits behind a solve. The thread
 * starts with the first model and stays; one that hangs or dies is replaced with the next model. It never throws: whatever goes
 * wrong is a failed answer, and an answer that breaks a bound of the model by our own arithmetic is one too.
 */
export class HighsSolver {
  readonly #timeLimitMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #count = 0;
  #isReady = false;

  constructor({ timeLimitMs = DEFAULT_TIME_LIMIT_MS }: HighsSolverOptions = {}) {
    this.#timeLimitMs = timeLimitMs;
  }

  /** Minimises a model. */
  readonly solve: Solver = async (model: LinearModel): Promise<SolverAnswer> => {
    let data: ModelData;
    try {
      data = modelData(model);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
    return this.#ask(data);
  };

  /** Ends the thread; a solve under way fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #ask(model: ModelData): Promise<SolverAnswer> {
    return new Promise((resolve) => {
      const worker = (this.#worker ??= this.#start());
      const id = (this.#count += 1);
      this.#waiting.set(id, { resolve, model, timer: undefined });
      worker.ref();
      if (this.#isReady) this.#limit(worker, id);
      worker.postMessage({ id, model, timeLimitS: this.#timeLimitMs / 1_000 } satisfies Question);
    });
  }

  /** Solves come one after the other: each that waits before may take its time. */
  #limit(worker: Worker, id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const limitMs = this.#waiting.size * (this.#timeLimitMs + GRACE_MS);
    waiting.timer = setTimeout(() => void worker.terminate(), limitMs);
  }

  #start(): Worker {
    const worker = startThread(WORKER);
    let why = 'the solver’s thread was ended';
    this.#isReady = false;
    worker.on('message', (answer: Answer) => {
      if (answer.id === READY) {
        this.#isReady = true;
        for (const id of this.#waiting.keys()) this.#limit(worker, id);
      } else this.#settle(answer);
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.once('error', (error) => {
      why = `the solver’s thread failed: ${error instanceof Error ? error.message : String(error)}`;
    });
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const id of [...this.#waiting.keys()]) this.#settle({ id, fault: why });
    });
    return worker;
  }

  #settle({ id, values, fault }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    const wrong = values === undefined ? (fault ?? 'no values') : faultOf(waiting.model, values);
    waiting.resolve(
      wrong === undefined && values !== undefined
        ? { status: 'solved', values: [...values] }
        : failed(wrong ?? ''),
    );
  }
}
