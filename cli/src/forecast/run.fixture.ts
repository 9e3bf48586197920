import { forecastCommand } from './index.ts';
import type { Io } from './io.ts';

/** What a run of the command printed, and its exit code; -1 when it set none. */
export interface Seen {
  out: string;
  err: string;
  code: number;
}

/** Where the tests' load files have time and load. */
export const COLUMNS = ['--time-column', 'time', '--label', 'start', '--value-column', 'mw'] as const;

/** Runs `roamgrid forecast` with these words. */
export const runForecast = async (...words: readonly string[]): Promise<Seen> => {
  const seen: Seen = { out: '', err: '', code: -1 };
  const io: Io = {
    out: (text) => (seen.out += text),
    err: (text) => (seen.err += text),
    exitCode: (code) => {
      seen.code = code;
    },
  };
  await forecastCommand(io).parseAsync(['node', 'forecast', ...words]);
  return seen;
};
