/** The process as a command sees it, so that tests can watch. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  exitCode(code: number): void;
}

export const processIo: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  exitCode: (code) => {
    process.exitCode = code;
  },
};

/** Exit codes of the forecast commands. */
export const EXIT = { ok: 0, usage: 2, badInput: 3 } as const;
