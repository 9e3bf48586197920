/** LevelDB with binary keys and values, and shared snapshots that live until their last reader lets go. */
import { ClassicLevel } from 'classic-level';

export type Level = ClassicLevel<Buffer, Buffer>;
export type Snapshot = ReturnType<Level['snapshot']>;
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/**
 * A peer has one database of state and one of private data an organisation. LevelDB would let each of them grow to 16 MiB
 * of memory before it is full; the operating system keeps their files at hand anyway.
 */
const CACHE_BYTES = 2 * 1024 * 1024;
const WRITE_BUFFER_BYTES = 1024 * 1024;

export async function openLevel(path: string): Promise<Level> {
  const level: Level = new ClassicLevel(path, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    cacheSize: CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES,
  });
  await level.open();
  return level;
}

/** A snapshot with a count of its users. */
export class SharedSnapshot {
  readonly snapshot: Snapshot;
  #users = 1;

  constructor(level: Level) {
    this.snapshot = level.snapshot();
  }

  acquire(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) void this.snapshot.close();
  }
}

const PAGE = 100;

/** Rows of a range in key order, fetched by pages. Closes the iterator however the loop ends. */
export async function* rows(
  level: Level,
  range: { gte: Buffer; lt?: Buffer; lte?: Buffer; reverse?: boolean; snapshot?: Snapshot },
): AsyncGenerator<[Buffer, Buffer]> {
  const iterator = level.iterator(range);
  try {
    for (;;) {
      const page = await iterator.nextv(PAGE);
      if (page.length === 0) return;
      yield* page;
    }
  } finally {
    await iterator.close();
  }
}
