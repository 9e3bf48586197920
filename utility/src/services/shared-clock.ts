import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const BYTES = 8;

/** A simulated clock's time, written where processes that live in the same time read it. */
export class SharedClock {
  readonly file: string;
  readonly #descriptor: number;

  constructor(file: string, nowMs: number) {
    this.file = file;
    this.#descriptor = openSync(file, 'w', 0o600);
    this.set(nowMs);
  }

  readonly set = (nowMs: number): void => {
    const bytes = Buffer.alloc(BYTES);
    bytes.writeDoubleLE(nowMs);
    writeSync(this.#descriptor, bytes, 0, BYTES, 0);
  };

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The time of another process's {@link SharedClock}: what was set before a request was sent is seen by who answers it. */
export function readSharedClock(file: string): () => number {
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(BYTES);
  return () => {
    readSync(descriptor, bytes, 0, BYTES, 0);
    return bytes.readDoubleLE();
  };
}
