import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ChainError } from './problem.ts';

const text = z.string().min(1);
const wei = z.codec(z.string().regex(/^\d+$/), z.bigint(), {
  decode: (decimal) => BigInt(decimal),
  encode: (amount) => amount.toString(),
});

/** A transaction as it was signed, before anyone was told of it. Of those with one key and nonce at most one can count. */
const signed = z.strictObject({
  kind: z.literal('signed'),
  /** What it is for, told by the caller. */
  key: text,
  nonce: z.int().min(0),
  to: text,
  data: text,
  gasLimit: wei,
  maxFeePerGas: wei,
  maxPriorityFeePerGas: wei,
  raw: text,
  hash: text,
});
export type Signed = z.infer<typeof signed>;

/** How it ended, at the depth that was agreed on. */
const ended = z.strictObject({
  kind: z.literal('ended'),
  key: text,
  /** `displaced`: somebody else's transaction has the nonce; `reopened`: the chain took an end back. */
  how: z.enum(['paid', 'failed', 'displaced', 'reopened']),
  hash: text,
});

const line = z.discriminatedUnion('kind', [signed, ended]);
type Line = z.infer<typeof line>;

/** What the journal knows of one key. */
export interface Journalled {
  /** Every signature under the present nonce, the latest last. */
  readonly attempts: readonly Signed[];
  readonly state: 'open' | 'paid' | 'failed' | 'displaced';
  /** The transaction that ended it. */
  readonly endedBy?: string;
}

/** What was signed, kept on disk before it is sent. One process has it at a time. */
export interface Journal {
  of(key: string): Journalled | undefined;
  keys(): readonly string[];
  /** Keys that are not ended, in order of their nonce. */
  open(): readonly string[];
  /** The latest signature of each key whose nonce is at least `from` and below `before`, in order. */
  between(from: number, before: number): readonly Signed[];
  /** The first nonce that was never signed here. */
  readonly nextNonce: number;
  /** On disk when it returns. */
  write(entry: Line): void;
  close(): void;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const takeLock = (path: string): void => {
  for (;;) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, process.pid.toString());
      closeSync(file);
      return;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
      const holder = Number(readFileSync(path, 'utf8'));
      if (Number.isInteger(holder) && holder > 0 && isAlive(holder))
        throw new ChainError('JOURNAL_UNUSABLE', `process ${holder} has ${path}: end it first`);
      rmSync(path, { force: true });
    }
  }
};

/** A line that a crash cut off was never acted on: it is taken away. */
const readLines = (path: string, file: number): readonly Line[] => {
  const content = readFileSync(path, 'utf8');
  const whole = content.slice(0, content.lastIndexOf('\n') + 1);
  if (whole.length < content.length) {
    ftruncateSync(file, Buffer.byteLength(whole));
    fsyncSync(file);
  }
  return whole
    .split('\n')
    .slice(0, -1)
    .map((written, index) => {
      try {
        return line.parse(JSON.parse(written));
      } catch (cause) {
        throw new ChainError(
          'JOURNAL_UNUSABLE',
          `line ${index + 1} of ${path} is not one: restore the file, it says what was already sent`,
          { cause },
        );
      }
    });
};

/** Opens the journal of one account on one chain. */
export const openJournal = (folder: string, account: string, chainId: bigint): Journal => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${chainId}-${account.toLowerCase()}.journal`);
  const lock = `${path}.lock`;
  takeLock(lock);
  const file = openSync(path, 'a+', 0o600);
  const known = new Map<string, Journalled>();
  let nextNonce = 0;

  const take = (entry: Line): void => {
    const before = known.get(entry.key);
    if (entry.kind === 'signed') {
      const isBump = before?.state === 'open' && before.attempts[0]?.nonce === entry.nonce;
      known.set(entry.key, { attempts: isBump ? [...before.attempts, entry] : [entry], state: 'open' });
      nextNonce = Math.max(nextNonce, entry.nonce + 1);
    } else if (before !== undefined) {
      const { attempts } = before;
      if (entry.how === 'reopened') known.set(entry.key, { attempts, state: 'open' });
      else known.set(entry.key, { attempts, state: entry.how, endedBy: entry.hash });
    }
  };
  const release = () => {
    closeSync(file);
    rmSync(lock, { force: true });
  };
  try {
    for (const entry of readLines(path, file)) take(entry);
  } catch (thrown) {
    release();
    throw thrown;
  }
  return {
    of: (key) => known.get(key),
    keys: () => [...known.keys()],
    open: () =>
      [...known]
        .filter(([, { state }]) => state === 'open')
        .sort(([, a], [, b]) => (a.attempts[0]?.nonce ?? 0) - (b.attempts[0]?.nonce ?? 0))
        .map(([key]) => key),
    between: (from, before) =>
      [...known.values()]
        .flatMap(({ attempts }) => attempts.slice(-1))
        .filter(({ nonce }) => nonce >= from && nonce < before)
        .sort((a, b) => a.nonce - b.nonce),
    get nextNonce() {
      return nextNonce;
    },
    write(entry) {
      writeSync(file, `${JSON.stringify(line.encode(entry))}\n`);
      fsyncSync(file);
      take(entry);
    },
    close: release,
  };
};
