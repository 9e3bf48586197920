import type { ProgramConfig } from '../config.ts';
import { isOurs, type JobRecord } from './record.ts';

/** A run that ends without a result is begun again, but not for ever. */
const MOST_RUNS = 5;

/** How a run ended, as far as anybody saw. */
export interface RunEnd {
  /** Undefined when nobody saw how, null when a signal ended it. */
  readonly exitCode: number | null | undefined;
  readonly cpuMs: number;
  /** What kept it from being begun. */
  readonly fault: string | undefined;
  /** What it left as its result; undefined when it left none. */
  readonly result: string | undefined;
  readonly endedMs: number;
}

/** What becomes of a job when a run of it is over. */
export const outcomeOf = (
  record: JobRecord,
  program: ProgramConfig | undefined,
  { exitCode, cpuMs, fault, result, endedMs }: RunEnd,
): JobRecord => {
  const { run: _run, ...rest } = record;
  const over = { ...rest, cpuMs: record.cpuMs + cpuMs, ...(exitCode !== undefined && { exitCode }) };
  // A run of a job that is another's by now, or cancelled: nothing comes of it.
  if (!isOurs(record)) return over;
  const isByFile = program?.completion === 'result-file';
  if (isByFile ? result !== undefined : exitCode === 0) {
    return { ...over, standing: 'done', endedMs, ...(result !== undefined && { result }) };
  }
  const isSeen = exitCode !== undefined && exitCode !== null;
  if (isByFile && !isSeen && record.runs < MOST_RUNS && fault === undefined) {
    // What ended it is not its own doing: it begins again, where its checkpoint is if it has one.
    return { ...over, standing: 'here', why: 'its run was ended from outside' };
  }
  const how =
    exitCode === undefined
      ? 'it ended while the agent was away, and how is not known'
      : `it ended with ${exitCode ?? 'a signal'}`;
  return { ...over, standing: 'failed', endedMs, why: fault ?? how };
};
