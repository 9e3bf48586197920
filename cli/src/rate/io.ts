import { readFileSync } from 'node:fs';

/** Where the command reads and writes; tests give their own. */
export interface Io {
  /** A file's text; `-` is standard input. Throws as `readFileSync` does. */
  read(path: string): string;
  out(text: string): void;
  err(text: string): void;
  exitCode(code: number): void;
  /** Ends at once: a wrong command line. */
  exit(code: number): never;
}

export const processIo: Io = {
  read: (path) => readFileSync(path === '-' ? 0 : path, 'utf8'),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exitCode: (code) => {
    process.exitCode = code;
  },
  exit: (code) => process.exit(code),
};
