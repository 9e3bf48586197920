/** One run of a part, from its start to its end. */
export interface PartRun {
  /** Processes of its own; none for what runs inside the supervisor's process. */
  readonly pids: readonly number[];
  /** Resolves with the reason when it has ended, wanted or not. What runs inside the supervisor ends with it. */
  readonly ended: Promise<string>;
  /** Ends it in order. The supervisor kills what does not obey. */
  stop(): Promise<void>;
}

/** Something that a utility consists of: a database, a peer, a contract, a service, a station. */
export interface Part {
  /** Unique in its supervisor, such as `usduk/gateway`. */
  readonly name: string;
  /** Resolves when the part serves. */
  start(): Promise<PartRun>;
  /** Asked now and then while it runs; one that hangs longer than the supervisor allows is killed and started again. */
  isAlive?(): Promise<boolean>;
}

/** A time in which a part did not serve. */
export interface Outage {
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly untilMs?: number;
  readonly reason: string;
}

/** `gone`: it did not come back for so long that it is not tried any more. */
export type PartState = 'starting' | 'running' | 'away' | 'gone' | 'stopped';

/** A supervised part, as whoever watches or disturbs it sees it. */
export interface PartHandle {
  readonly name: string;
  readonly state: PartState;
  readonly pids: readonly number[];
  /** How often it was started again by itself. */
  readonly restarts: number;
  readonly lastOutage: Outage | undefined;
  /** Sends a signal to every process of the part. */
  kill(signal: NodeJS.Signals): void;
  /** Waits until it serves; at once when it does. @throws Error when it does not within the limit. */
  whenRunning(limitMs: number): Promise<void>;
  /** Ends the part in order, does something that needs it away, and starts it again. */
  whileStopped<T>(work: () => Promise<T>): Promise<T>;
}
