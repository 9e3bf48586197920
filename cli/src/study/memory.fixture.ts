import type { Io } from './io.ts';

/** What a command printed and wrote. */
export interface Seen {
  out: string;
  err: string;
  code: number | undefined;
  readonly files: Map<string, string>;
}

/** An `Io` in memory over the given files. */
export function memoryIo(inputs: Readonly<Record<string, string>> = {}): { io: Io; seen: Seen } {
  const seen: Seen = { out: '', err: '', code: undefined, files: new Map() };
  const io: Io = {
    read: (path) => {
      const text = inputs[path];
      if (text === undefined) throw new Error(`no such file: ${path}`);
      return Buffer.from(text);
    },
    write: (path, text) => void seen.files.set(path, text),
    out: (text) => {
      seen.out += text;
    },
    err: (text) => {
      seen.err += text;
    },
    exitCode: (code) => {
      seen.code = code;
    },
  };
  return { io, seen };
}
