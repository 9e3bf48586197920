import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHECKPOINT_BYTES, type JobTransfer } from '@roamgrid/wire';
import { catches, signalOne } from './processes.ts';

/** What a program renames into place when it is told to leave a checkpoint. */
export const CHECKPOINT_FILE = 'checkpoint';
/** What a program that completes by file renames into place when it is done. */
export const RESULT_FILE = 'result';

/** Whether a job left a file of its own: a link or a pipe in its place is none. */
export const isFileOfJob = (file: string): boolean =>
  lstatSync(file, { throwIfNoEntry: false })?.isFile() === true;

/**
 * A job's own file, as far as `mostBytes` go; undefined where there is none. What a job puts there leads to no other file of this machine, and
 * nobody waits for it.
 */
export const readFileOfJob = (file: string, mostBytes: number): Buffer | undefined => {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stat.size, mostBytes));
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
};

const LOOK_AGAIN_MS = 10;

/** Which file is in place: a renamed one is another. */
const markOf = (file: string): string | undefined => {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.ino}-${stat.mtimeNs}-${stat.size}`;
};

/** A program may not listen yet, or be stopped for a while: it is told again after so long. */
const TELL_AGAIN_MS = 500;

export interface Wanted {
  readonly work: string;
  readonly leader: number;
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
  /** The job ended, or its move did. */
  readonly isOver: () => boolean;
}

/** Tells a program to leave a checkpoint and waits for one other than what was there; false when none comes in time. */
export const makeCheckpoint = async ({ work, leader, signal, waitMs, isOver }: Wanted): Promise<boolean> => {
  const before = markOf(join(work, CHECKPOINT_FILE));
  const untilMs = Date.now() + waitMs;
  let tellAtMs = 0;
  for (;;) {
    const now = markOf(join(work, CHECKPOINT_FILE));
    if (now !== undefined && now !== before) return true;
    if (isOver() || Date.now() > untilMs) return false;
    if (Date.now() >= tellAtMs && catches(leader, signal)) {
      signalOne(leader, signal);
      tellAtMs = Date.now() + TELL_AGAIN_MS;
    }
    await sleep(LOOK_AGAIN_MS);
  }
};

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The checkpoint as it travels; undefined when there is none, `too-large` when it is not moved. */
export const readCheckpoint = (
  work: string,
): NonNullable<JobTransfer['checkpoint']> | 'too-large' | undefined => {
  const bytes = readFileOfJob(join(work, CHECKPOINT_FILE), CHECKPOINT_BYTES + 1);
  if (bytes === undefined) return undefined;
  if (bytes.length > CHECKPOINT_BYTES) return 'too-large';
  return { sha256: sha256Of(bytes), base64: bytes.toString('base64') };
};
