import { parse } from 'csv-parse/sync';
import { parseDecimal } from '@roamgrid/domain';
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
}

export interface SessionFileOptions {
  /** IANA zone of bare time stamps. */
  readonly timeZone: string;
  /** Most power that an outlet of this file can give, W. */
  readonly maxPowerW: bigint;
  /** Resolution of the file's time stamps: power is judged with this much more time. */
  readonly stampMs: number;
  /** Longest plausible stay, ms. */
  readonly maxDurationMs: number;
}

export const DEFAULT_FILE_OPTIONS = { stampMs: 60_000, maxDurationMs: 7 * 86_400_000 } as const;

const REQUIRED = ['session_id', 'station_id', 'plug_in', 'plug_out', 'energy_kwh'] as const;
const MS_PER_HOUR = 3_600_000n;

type Row = Readonly<Record<string, string>>;

function judge(
  row: Row,
  seen: ReadonlySet<string>,
  options: SessionFileOptions,
): RecordedSession | Omit<RefusedRow, 'line' | 'sessionId'> {
  const missing = REQUIRED.filter((name) => (row[name] ?? '') === '');
  if (missing.length > 0) return { fault: 'MISSING_FIELD', detail: `${missing.join(', ')} missing` };
  const text = (name: (typeof REQUIRED)[number]) => row[name] ?? '';
  if (seen.has(text('session_id'))) return { fault: 'DUPLICATE_ID', detail: 'an earlier row has this id' };
  // In the hour that the clock shows twice: the first start, and the first end that is not before it.
  const [startMs] = instantsOf(text('plug_in'), options.timeZone);
  if (startMs === undefined) return { fault: 'BAD_TIME', detail: `plug_in ${text('plug_in')}` };
  const ends = instantsOf(text('plug_out'), options.timeZone);
  const endMs = ends.find((atMs) => atMs >= startMs) ?? ends[0];
  if (endMs === undefined) return { fault: 'BAD_TIME', detail: `plug_out ${text('plug_out')}` };
  const energyWh = parseDecimal(text('energy_kwh'), 3);
  if (!energyWh.ok) return { fault: 'BAD_ENERGY', detail: energyWh.error.message };
  if (endMs < startMs)
    return { fault: 'END_BEFORE_START', detail: `${text('plug_out')} is before ${text('plug_in')}` };
  if (endMs === startMs) return { fault: 'NO_DURATION', detail: 'plugged in and out in the same minute' };
  if (energyWh.value <= 0n) return { fault: 'NO_ENERGY', detail: `${text('energy_kwh')} kWh` };
  if (endMs - startMs > options.maxDurationMs)
    return { fault: 'TOO_LONG', detail: `${(endMs - startMs) / 3_600_000} h` };
  const mostWh = (options.maxPowerW * BigInt(endMs - startMs + options.stampMs)) / MS_PER_HOUR;
  if (energyWh.value > mostWh) {
    return {
      fault: 'IMPOSSIBLE_POWER',
      detail: `${energyWh.value} Wh in ${(endMs - startMs) / 60_000} min; the outlet gives at most ${mostWh} Wh`,
    };
  }
  return {
    sessionId: text('session_id'),
    stationId: text('station_id'),
    connector: row['connector'] ?? '1',
    startMs,
    endMs,
    energyWh: energyWh.value,
  };
}

/**
 * Read a CSV of sessions (`session_id, station_id, plug_in, plug_out, energy_kwh`, optional `connector`).
 * Every row ends as a session or as a refusal with its reason; sessions come in order of their start.
 * @throws when the file is not CSV or lacks a required column.
 */
export function readSessionFile(csv: string, options: SessionFileOptions): SessionFile {
  const rows = parse(csv, {
    columns: true,
    skip_empty_lines: true,
    trim: true,
    bom: true,
    relax_column_count: true,
    info: true,
  }) as unknown as readonly { record: Row; info: { lines: number } }[];
  const columns = Object.keys(rows[0]?.record ?? {});
  const absent = REQUIRED.filter((name) => !columns.includes(name));
  if (absent.length > 0)
    throw new Error(`the file has no column ${absent.join(', ')}; it has ${columns.join(', ')}`);

  const seen = new Set<string>();
  const sessions: WithLine[] = [];
  const refused: RefusedRow[] = [];
  for (const { record, info } of rows) {
    const verdict = judge(record, seen, options);
    if ('fault' in verdict)
      refused.push({ line: info.lines, sessionId: record['session_id'] ?? '', ...verdict });
    else {
      seen.add(verdict.sessionId);
      sessions.push({ ...verdict, line: info.lines });
    }
  }
  const { free, overlapping } = withoutOverlaps(sessions);
  return {
    sessions: free.map(({ line: _line, ...session }) => session),
    refused: [...refused, ...overlapping].sort((a, b) => a.line - b.line),
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
