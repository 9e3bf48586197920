import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';

/** Files that survive a power cut at any instant: whole under their name, or not there. */

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
};

/**
 * Writes aside, syncs, renames and syncs the folder; when it returns, the text is there for good. When it throws, as on a
 * full disk, what was there before is there still.
 */
export const writeDurably = (path: string, text: string): void => {
  const aside = `${path}.new`;
  rmSync(aside, { force: true });
  const file = openSync(aside, 'w', 0o600);
  try {
    // To the last byte or not at all: a disk that is nearly full takes the first ones and says so only in their count.
    writeFileSync(file, `${hashOf(text)}\n${text}`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
  syncFolder(dirname(path));
};

/** The text of a file that was written so, or undefined when it is torn or was changed. */
export const readDurable = (path: string): string | undefined => {
  const content = readFileSync(path, 'utf8');
  const text = content.slice(content.indexOf('\n') + 1);
  return content === `${hashOf(text)}\n${text}` ? text : undefined;
};

/**
 * Like `readDurable`, for what nobody may begin without.
 * @param remedy what a person has to do who finds it spoiled
 * @throws Error JOURNAL_DAMAGED
 */
export const mustReadDurable = (path: string, remedy: string): string => {
  const text = readDurable(path);
  if (text !== undefined) return text;
  throw new Error(
    `JOURNAL_DAMAGED: ${path} (${statSync(path).size} bytes) does not match its checksum: ${remedy}`,
  );
};

export const removeDurably = (path: string): void => {
  rmSync(path, { force: true });
  syncFolder(dirname(path));
};

export const renameDurably = (from: string, to: string): void => {
  renameSync(from, to);
  syncFolder(dirname(to));
};
