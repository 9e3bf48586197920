import { setTimeout as sleep } from 'node:timers/promises';
import { pauseMs } from './backoff.ts';
import type { SupervisorSettings } from './settings.ts';
import type { Outage, Part, PartHandle, PartRun, PartState } from './part.ts';

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It is gone already.
    }
  }
};

/** Keeps one part up: starts it, watches it, starts it again, ends it. */
export class SupervisedPart implements PartHandle {
  readonly name: string;
  readonly #part: Part;
  readonly #settings: SupervisorSettings;
  readonly #closing = new AbortController();
  #run: PartRun | undefined;
  #watching: Promise<void> = Promise.resolve();
  #currentState: PartState = 'starting';
  #restarts = 0;
  /** Runs in a row that ended soon after their start. */
  #shortLived = 0;
  #lastOutage: Outage | undefined;
  /** A wanted end is no outage. */
  #isPaused = false;

  constructor(part: Part, settings: SupervisorSettings) {
    this.name = part.name;
    this.#part = part;
    this.#settings = settings;
  }

  get state(): PartState {
    return this.#currentState;
  }

  get #state(): PartState {
    return this.#currentState;
  }

  set #state(state: PartState) {
    this.#currentState = state;
    this.#settings.onChange();
  }

  get pids(): readonly number[] {
    return this.#run?.pids ?? [];
  }

  get restarts(): number {
    return this.#restarts;
  }

  get lastOutage(): Outage | undefined {
    return this.#lastOutage;
  }

  /** The first start. What fails here is wrong in a way that a repetition does not mend, so it is not repeated. */
  async start(): Promise<void> {
    this.#run = await this.#part.start();
    this.#state = 'running';
    this.#watching = this.#watch();
  }

  async #watch(): Promise<void> {
    const { progress, nowMs } = this.#settings;
    for (;;) {
      const run = this.#run;
      if (run === undefined) return;
      const done = new AbortController();
      const startedMs = nowMs();
      void this.#killWhenHanging(run, done.signal);
      const reason = await run.ended;
      done.abort();
      if (this.#isClosing() || this.#isPaused) return;
      this.#run = undefined;
      this.#state = 'away';
      this.#lastOutage = { fromMs: nowMs(), reason };
      progress(`${this.name} ended (${reason}) and is started again`);
      this.#shortLived = nowMs() - startedMs >= this.#settings.steadyAfterMs ? 0 : this.#shortLived + 1;
      if (!(await this.#startAgain())) return;
    }
  }

  /** @returns whether it runs again; it does not when the supervisor closes, or it is gone for good. */
  async #startAgain(): Promise<boolean> {
    const { backoff, random, nowMs, giveUpAfterMs, mostShortLived, progress } = this.#settings;
    const outage = this.#lastOutage;
    if (outage === undefined) return true;
    if (this.#shortLived > mostShortLived) return this.#giveUp(outage.reason);
    for (let failures = this.#shortLived; ; failures += 1) {
      const pause = pauseMs(failures, backoff, random());
      await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#isClosing()) return false;
      try {
        this.#run = await this.#part.start();
      } catch (thrown) {
        const reason = reasonOf(thrown);
        progress(`${this.name} does not start: ${reason}`);
        this.#lastOutage = { ...outage, reason };
        if (nowMs() - outage.fromMs >= giveUpAfterMs) return this.#giveUp(reason);
        continue;
      }
      this.#restarts += 1;
      this.#state = 'running';
      this.#lastOutage = { ...outage, untilMs: nowMs() };
      if (!this.#isClosing()) return true;
      await this.#end();
      return false;
    }
  }

  #giveUp(reason: string): false {
    this.#state = 'gone';
    this.#settings.onGone(this.name, reason);
    return false;
  }

  async #killWhenHanging(run: PartRun, done: AbortSignal): Promise<void> {
    const { isAlive } = this.#part;
    const { askEveryMs, hangLimitMs, nowMs, progress } = this.#settings;
    if (isAlive === undefined) return;
    let aliveAtMs = nowMs();
    for (;;) {
      await sleep(askEveryMs, undefined, { signal: done, ref: false }).catch(() => undefined);
      if (done.aborted) return;
      if (await isAlive().catch(() => false)) aliveAtMs = nowMs();
      else if (nowMs() - aliveAtMs >= hangLimitMs) {
        progress(`${this.name} runs and does not answer: it is killed`);
        signal(run.pids, 'SIGKILL');
        return;
      }
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  kill(name: NodeJS.Signals): void {
    signal(this.pids, name);
  }

  async whenRunning(limitMs: number): Promise<void> {
    const untilMs = this.#settings.nowMs() + limitMs;
    while (this.#state !== 'running') {
      if (this.#state === 'gone' || this.#state === 'stopped' || this.#settings.nowMs() > untilMs)
        throw new Error(`${this.name} does not run: ${this.#lastOutage?.reason ?? this.#state}`);
      await sleep(20);
    }
  }

  async whileStopped<T>(work: () => Promise<T>): Promise<T> {
    await this.whenRunning(this.#settings.giveUpAfterMs);
    this.#isPaused = true;
    this.#state = 'stopped';
    try {
      await this.#end();
      await this.#watching;
      return await work();
    } finally {
      this.#isPaused = false;
      if (!this.#isClosing()) await this.start();
    }
  }

  /** Ends the run in order; what does not obey in time, or is frozen, is killed. */
  async #end(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    const obeyed = run.stop().then(() => run.ended);
    obeyed.catch(() => undefined);
    const timer = setTimeout(() => {
      signal(run.pids, 'SIGKILL');
    }, this.#settings.stopLimitMs);
    await (run.pids.length === 0 ? run.stop() : run.ended);
    clearTimeout(timer);
    this.#run = undefined;
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#end();
    await this.#watching;
    this.#state = 'stopped';
  }
}
