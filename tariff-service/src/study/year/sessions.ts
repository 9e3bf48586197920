import { createHash } from 'node:crypto';
import { type EnergyWh, parseKWh } from '@roamgrid/domain';
import { readSessionRows, type SessionRow, type SessionTableError } from '@roamgrid/service-kit/csv';
import { fail, ok, type Result } from '../../data/result.ts';
import { createZone, type Zone } from '../../time/zone.ts';

/** A charging session as a city published it, its stamps by the wall clock. */
export interface RecordedSession {
  readonly sessionId: string;
  readonly stationId: string;
  /** The wall clock as if it were UTC. */
  readonly localStartMs: number;
  readonly durationMs: number;
  readonly energyWh: EnergyWh;
}

export const REFUSALS = [
  'BAD_TIME',
  'END_NOT_AFTER_START',
  'NO_ENERGY',
  'IMPOSSIBLE_POWER',
  'TOO_LONG',
  'DUPLICATE',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface SessionFile {
  readonly sessions: readonly RecordedSession[];
  readonly rows: number;
  readonly refused: Readonly<Record<Refusal, number>>;
  readonly sha256: string;
  /** How the file was read where it could have been read otherwise. */
  readonly notes: readonly string[];
}

export interface SessionError {
  readonly code: SessionTableError['code'] | 'NO_SESSION';
  readonly message: string;
}

const LONGEST_MS = 48 * 3_600_000;
const WH_PER_KWH_MS = 3_600_000n;

/** Reads sessions in a publisher's layout, or ours, and leaves out the rows that cannot have happened, counted by reason. */
export function readSessions(
  bytes: Uint8Array,
  highestPowerW: bigint,
  layoutName?: string,
): Result<SessionFile, SessionError> {
  const table = readSessionRows(bytes, layoutName === undefined ? {} : { layout: layoutName });
  if (!table.ok) return table;
  const { rows, layout, notes } = table.value;
  const zone = createZone(layout.zone ?? 'Etc/UTC');
  const refused: Record<Refusal, number> = {
    BAD_TIME: 0,
    END_NOT_AFTER_START: 0,
    NO_ENERGY: 0,
    IMPOSSIBLE_POWER: 0,
    TOO_LONG: 0,
    DUPLICATE: 0,
  };
  const sessions: RecordedSession[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const read = readRow(row, highestPowerW, zone);
    if (typeof read === 'string') refused[read]++;
    else if (seen.has(read.sessionId)) refused.DUPLICATE++;
    else {
      seen.add(read.sessionId);
      sessions.push(read);
    }
  }
  if (sessions.length === 0) return fail({ code: 'NO_SESSION', message: 'no row is a usable session' });
  return ok({
    sessions,
    rows: rows.length,
    refused,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    notes,
  });
}

function readRow(row: SessionRow, highestPowerW: bigint, zone: Zone): RecordedSession | Refusal {
  const { start, end, sessionId, stationId } = row;
  if (start === undefined || end?.kind !== start.kind) return 'BAD_TIME';
  const durationMs = end.ms - start.ms;
  if (durationMs <= 0) return 'END_NOT_AFTER_START';
  const energy = parseKWh(row.energy ?? '', 'half-up');
  if (!energy.ok || energy.value === 0n) return 'NO_ENERGY';
  if (energy.value * WH_PER_KWH_MS > highestPowerW * BigInt(durationMs)) return 'IMPOSSIBLE_POWER';
  if (durationMs > LONGEST_MS) return 'TOO_LONG';
  return {
    sessionId,
    stationId,
    localStartMs: start.kind === 'bare' ? start.ms : start.ms + zone.offsetMs(start.ms),
    durationMs,
    energyWh: energy.value,
  };
}
