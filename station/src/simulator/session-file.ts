import { err, ok, parseDecimal, resolveZone, type DomainError, type Result } from '@roamgrid/domain';
import {
  ENERGY_PLACES,
  readSessionRows,
  type SessionRow,
  type SessionTable,
  type SessionTableOptions,
} from '@roamgrid/service-kit/csv';
import { instantsOf } from './local-time.ts';

/** A charging session that really happened. */
export interface RecordedSession {
  readonly sessionId: string;
  readonly stationId: string;
  readonly connector: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly energyWh: bigint;
}

/** Why a row is not a session that could be billed. */
export type RowFault =
  | 'MISSING_FIELD'
  | 'BAD_TIME' // no time, or one that the zone's clock never showed
  | 'BAD_ENERGY' // not a decimal number of kWh
  | 'END_BEFORE_START'
  | 'NO_DURATION'
  | 'NO_ENERGY'
  | 'IMPOSSIBLE_POWER' // more than the outlet can give in the time
  | 'TOO_LONG'
  | 'DUPLICATE_ID'
  | 'OVERLAP'; // the outlet was in use by an earlier row

export interface RefusedRow {
  /** Line in the file, from 1 for the head. */
  readonly line: number;
  readonly sessionId: string;
  readonly fault: RowFault;
  readonly detail: string;
}

export interface SessionFile {
  readonly sessions: readonly RecordedSession[];
  readonly refused: readonly RefusedRow[];
  /** IANA zone that bare stamps were read in. */
  readonly timeZone: string;
  /** How the file was read, where it could have been read otherwise. */
  readonly notes: readonly string[];
}

/** The whole file was refused. */
export type SessionFileError = DomainError<
  'EMPTY_FILE' | 'NO_COLUMN' | 'MALFORMED_CSV' | 'BAD_OPTION' | 'ZONE_UNKNOWN'
>;

export interface SessionFileOptions extends SessionTableOptions {
  /** IANA zone of bare time stamps; left out, the publisher's, or else British time. */
  readonly timeZone?: string;
  /** Most power that an outlet of this file can give, W. */
  readonly maxPowerW: bigint;
  /** Resolution of the file's time stamps: power is judged with this much more time. */
  readonly stampMs: number;
  /** Longest plausible stay, ms. */
  readonly maxDurationMs: number;
}

export const DEFAULT_FILE_OPTIONS = { stampMs: 60_000, maxDurationMs: 7 * 86_400_000 } as const;

const DEFAULT_ZONE = 'Europe/London';
const MS_PER_HOUR = 3_600_000n;

type Judging = Pick<SessionFileOptions, 'maxPowerW' | 'stampMs' | 'maxDurationMs'> & {
  readonly timeZone: string;
  readonly energyPlaces: number;
};

/** Cells that every session needs, by what they are for. */
const missingOf = ({ sessionId, stationId, startText, endText, energyText }: SessionRow): readonly string[] =>
  Object.entries({ id: sessionId, station: stationId, start: startText, end: endText, energy: energyText })
    .filter(([, text]) => text === '')
    .map(([name]) => name);

function judge(
  row: SessionRow,
  seen: ReadonlySet<string>,
  options: Judging,
): RecordedSession | Omit<RefusedRow, 'line' | 'sessionId'> {
  const { sessionId, stationId, connector, startText, endText, energyText } = row;
  const missing = missingOf(row);
  if (missing.length > 0) return { fault: 'MISSING_FIELD', detail: `${missing.join(', ')} missing` };
  if (seen.has(sessionId)) return { fault: 'DUPLICATE_ID', detail: 'an earlier row has this id' };
  // In the hour that the clock shows twice: the first start, and the first end that is not before it.
  const [startMs] = row.start === undefined ? [] : instantsOf(row.start, options.timeZone);
  if (startMs === undefined) return { fault: 'BAD_TIME', detail: `start ${startText}` };
  const ends = row.end === undefined ? [] : instantsOf(row.end, options.timeZone);
  const endMs = ends.find((atMs) => atMs >= startMs) ?? ends[0];
  if (endMs === undefined) return { fault: 'BAD_TIME', detail: `end ${endText}` };
  // Finer than a watt-hour is how some publishers divide; a session is billed by its meter, not by this file.
  const energyWh = parseDecimal(row.energy ?? energyText, options.energyPlaces, 'half-up');
  if (!energyWh.ok) return { fault: 'BAD_ENERGY', detail: energyWh.error.message };
  if (endMs < startMs) return { fault: 'END_BEFORE_START', detail: `${endText} is before ${startText}` };
  if (endMs === startMs) return { fault: 'NO_DURATION', detail: 'plugged in and out in the same minute' };
  if (energyWh.value <= 0n) return { fault: 'NO_ENERGY', detail: `${energyText} kWh` };
  if (endMs - startMs > options.maxDurationMs)
    return { fault: 'TOO_LONG', detail: `${(endMs - startMs) / 3_600_000} h` };
  const mostWh = (options.maxPowerW * BigInt(endMs - startMs + options.stampMs)) / MS_PER_HOUR;
  if (energyWh.value > mostWh) {
    return {
      fault: 'IMPOSSIBLE_POWER',
      detail: `${energyWh.value} Wh in ${(endMs - startMs) / 60_000} min; the outlet gives at most ${mostWh} Wh`,
    };
  }
  return { sessionId, stationId, connector, startMs, endMs, energyWh: energyWh.value };
}

/**
 * Read a CSV of sessions in the layout of a publisher, or our own (`session_id, station_id, plug_in, plug_out, energy_kwh`,
 * optional `connector`). Every row ends as a session or as a refusal with its reason; sessions come in order of their start.
 */
export function readSessionFile(
  csv: Uint8Array,
  options: SessionFileOptions,
): Result<SessionFile, SessionFileError> {
  const table = readSessionRows(csv, options);
  if (!table.ok) return err(table.error);
  const timeZone = options.timeZone ?? table.value.layout.zone ?? DEFAULT_ZONE;
  const zone = resolveZone(timeZone, 0, 0);
  if (!zone.ok) return err({ code: 'ZONE_UNKNOWN', message: zone.error.message });
  return ok(sessionsOf(table.value, { ...options, timeZone }));
}

function sessionsOf(
  { rows, layout, notes }: SessionTable,
  options: SessionFileOptions & { readonly timeZone: string },
): SessionFile {
  const judging = { ...options, energyPlaces: ENERGY_PLACES[layout.energyUnit] };
  const seen = new Set<string>();
  const sessions: WithLine[] = [];
  const refused: RefusedRow[] = [];
  for (const row of rows) {
    const verdict = judge(row, seen, judging);
    if ('fault' in verdict) refused.push({ line: row.line, sessionId: row.sessionId, ...verdict });
    else {
      seen.add(verdict.sessionId);
      sessions.push({ ...verdict, line: row.line });
    }
  }
  const { free, overlapping } = withoutOverlaps(sessions);
  return {
    sessions: free.map(({ line: _line, ...session }) => session),
    refused: [...refused, ...overlapping].sort((a, b) => a.line - b.line),
    timeZone: options.timeZone,
    notes,
  };
}

type WithLine = RecordedSession & { readonly line: number };

/** One outlet serves one car at a time: of rows that overlap the one that began first stays. */
function withoutOverlaps(sessions: readonly WithLine[]): { free: WithLine[]; overlapping: RefusedRow[] } {
  const busyUntilMs = new Map<string, number>();
  const free: WithLine[] = [];
  const overlapping: RefusedRow[] = [];
  for (const session of [...sessions].sort((a, b) => a.startMs - b.startMs || a.line - b.line)) {
    const outlet = `${session.stationId} ${session.connector}`;
    const busyMs = busyUntilMs.get(outlet) ?? 0;
    if (session.startMs < busyMs) {
      const detail = `the outlet is in use until ${new Date(busyMs).toISOString()}`;
      overlapping.push({ line: session.line, sessionId: session.sessionId, fault: 'OVERLAP', detail });
    } else {
      busyUntilMs.set(outlet, session.endMs);
      free.push(session);
    }
  }
  return { free, overlapping };
}
