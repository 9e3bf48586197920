import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Taken } from '../desk/desk.ts';

/** Folders that are shared with a bank, or with the program that talks to it. */
export interface FileDrop {
  /** Writes an order where the bank takes it; whole under its name, or not there. The same again changes nothing. */
  deliver(orderId: string, text: string): Promise<void>;
  /** Hands on what the bank has put there, in the order of the names, and puts each away. */
  collect(take: (bytes: Uint8Array) => Taken): readonly Collected[];
}

export interface Collected {
  readonly name: string;
  readonly outcome: Taken['outcome'];
  readonly why?: string;
}

/** A file that is being written is left alone until nobody wrote to it for so long. */
const QUIET_MS = 2_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
};

const move = (from: string, to: string, name: string): void => {
  renameSync(join(from, name), join(to, name));
  syncFolder(to);
  syncFolder(from);
};

const writeAside = (folder: string, name: string, text: string): void => {
  const aside = join(folder, `.${name}.new`);
  rmSync(aside, { force: true });
  const file = openSync(aside, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, join(folder, name));
  syncFolder(folder);
};

/**
 * `out` has orders, `in` what the bank tells, `processed` what was taken, `refused` what was not, each with a `.why` beside it.
 * A file is put away after what it says was kept, so a crash in between makes it come a second time, which changes nothing.
 */
export const openFileDrop = (root: string, nowMs: () => number = Date.now): FileDrop => {
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  };
  const [out, incoming, processed, refused] = [
    folder('out'),
    folder('in'),
    folder('processed'),
    folder('refused'),
  ];

  const collectOne = (name: string, take: (bytes: Uint8Array) => Taken): Collected | undefined => {
    const path = join(incoming, name);
    const { size, mtimeMs } = statSync(path);
    const refuse = (why: string): Collected => {
      writeAside(refused, `${name}.why`, `${why}\n`);
      move(incoming, refused, name);
      return { name, outcome: 'refused', why };
    };
    if (size > MAX_FILE_BYTES) return refuse(`XML_TOO_LARGE: a file has at most ${MAX_FILE_BYTES} bytes`);
    const taken = take(readFileSync(path));
    if (taken.outcome !== 'refused') {
      move(incoming, processed, name);
      return { name, outcome: taken.outcome };
    }
    const { code, message } = taken.error;
    // Half a document may be one that is still being written.
    if (code === 'XML_INVALID' && nowMs() - mtimeMs < QUIET_MS) return undefined;
    return refuse(`${code}: ${message}`);
  };

  return {
    deliver(orderId, text) {
      writeAside(out, `${orderId}.xml`, text);
      return Promise.resolve();
    },
    collect(take) {
      return readdirSync(incoming, { withFileTypes: true })
        .filter(
          (entry) => entry.isFile() && !entry.name.startsWith('.') && !/\.(?:part|tmp|new)$/.test(entry.name),
        )
        .map(({ name }) => name)
        .sort()
        .flatMap((name) => collectOne(name, take) ?? []);
    },
  };
};
