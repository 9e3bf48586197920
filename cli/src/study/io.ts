import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where a study reads and writes; tests give their own. */
export interface Io {
  /** Throws as `readFileSync` does. */
  read(path: string): Uint8Array;
  /** Makes the folder when there is none. */
  write(path: string, text: string): void;
  out(text: string): void;
  err(text: string): void;
  exitCode(code: number): void;
}

export const processIo: Io = {
  read: (path) => readFileSync(path),
  write: (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  },
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exitCode: (code) => {
    process.exitCode = code;
  },
};

/** One JSON object: bigints as decimal text, fractions with six digits. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(
    value,
    (_, entry: unknown) => {
      if (typeof entry === 'bigint') return entry.toString();
      return typeof entry === 'number' && !Number.isInteger(entry) ? Math.round(entry * 1e6) / 1e6 : entry;
    },
    2,
  )}\n`;
}
