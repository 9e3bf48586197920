import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DEFAULT_FILE_OPTIONS, readSessionFile, type RecordedSession } from '@roamgrid/station';

/** Sessions that really happened; each run lives a stretch of them. */
const FILE = join(import.meta.dirname, '..', '..', '..', 'data', 'sessions', 'perth_kinross_2017-10.csv');
/** Most that an outlet of the file gives, as `roamgrid replay` judges it when told nothing else. */
const MAX_POWER_W = 50_000n;

export interface Recorded {
  /** Name of the file. */
  readonly file: string;
  /** Its clean rows, in the order in which cars came. */
  readonly sessions: readonly RecordedSession[];
}

/** The recorded sessions, read and judged as a replay reads them. @throws Error for a file that is none */
export function recordedSessions(): Recorded {
  const read = readSessionFile(readFileSync(FILE), { ...DEFAULT_FILE_OPTIONS, maxPowerW: MAX_POWER_W });
  if (!read.ok) throw new Error(`${FILE}: ${read.error.message}`);
  return { file: basename(FILE), sessions: read.value.sessions };
}
