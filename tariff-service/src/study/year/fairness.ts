import { energyByHour, type PlacedSession } from './place.ts';
import type { RatedSession } from './parties.ts';

/** What one group of sessions uses and pays under each tariff. */
export interface FairnessRow {
  readonly group: string;
  readonly sessions: number;
  readonly energyWh: bigint;
  /** By tariff, in the order of the replays. */
  readonly paidMicros: readonly bigint[];
  /** Paid over energy, rounded down. */
  readonly microsPerKWh: readonly bigint[];
}

export interface FairnessTable {
  readonly by: 'session-size' | 'station-use' | 'peak-use';
  readonly rows: readonly FairnessRow[];
}

const QUARTERS = ['lowest quarter', 'second quarter', 'third quarter', 'highest quarter'] as const;

/**
 * Who pays what. The records name no driver, so usage is that of the session and of the station. A peak session is one
 * that had more than half of its energy in the grid's peak hours before any tariff moved it.
 */
export function fairness(
  sessions: readonly PlacedSession[],
  replays: readonly (readonly RatedSession[])[],
  peakHours: ReadonlySet<number>,
): readonly FairnessTable[] {
  const stationUse = new Map<string, bigint>();
  for (const { stationId, energyWh } of sessions)
    stationUse.set(stationId, (stationUse.get(stationId) ?? 0n) + energyWh);
  const stations = [...stationUse].sort(([, left], [, right]) => (left < right ? -1 : left > right ? 1 : 0));
  const stationGroup = new Map(
    stations.map(([station], rank) => [station, quarterOf(rank, stations.length)]),
  );
  const bySize = [...sessions].sort((left, right) =>
    left.energyWh < right.energyWh ? -1 : left.energyWh > right.energyWh ? 1 : 0,
  );
  const sizeGroup = new Map(bySize.map(({ sessionId }, rank) => [sessionId, quarterOf(rank, bySize.length)]));
  const table = (
    by: FairnessTable['by'],
    groups: readonly string[],
    groupOf: (session: PlacedSession) => string | undefined,
  ): FairnessTable => ({ by, rows: groups.map((group) => rowOf(group, sessions, replays, groupOf)) });
  return [
    table('session-size', QUARTERS, ({ sessionId }) => sizeGroup.get(sessionId)),
    table('station-use', QUARTERS, ({ stationId }) => stationGroup.get(stationId)),
    table('peak-use', ['off-peak session', 'peak session'], (session) =>
      isPeak(session, peakHours) ? 'peak session' : 'off-peak session',
    ),
  ];
}

function rowOf(
  group: string,
  sessions: readonly PlacedSession[],
  replays: readonly (readonly RatedSession[])[],
  groupOf: (session: PlacedSession) => string | undefined,
): FairnessRow {
  const members = sessions.filter((session) => groupOf(session) === group);
  const energyWh = members.reduce((sum, session) => sum + session.energyWh, 0n);
  const ids = new Set(members.map(({ sessionId }) => sessionId));
  const paidMicros = replays.map((rated) =>
    rated.reduce(
      (sum, { session, totalMicros }) => (ids.has(session.sessionId) ? sum + totalMicros : sum),
      0n,
    ),
  );
  return {
    group,
    sessions: members.length,
    energyWh,
    paidMicros,
    microsPerKWh: paidMicros.map((paid) => (energyWh === 0n ? 0n : (paid * 1000n) / energyWh)),
  };
}

function isPeak(session: PlacedSession, peakHours: ReadonlySet<number>): boolean {
  let inPeakWh = 0n;
  for (const [hour, energyWh] of energyByHour(session)) if (peakHours.has(hour)) inPeakWh += energyWh;
  return 2n * inPeakWh > session.energyWh;
}

function quarterOf(rank: number, count: number): string {
  return QUARTERS[Math.min(3, Math.floor((4 * rank) / count))] ?? QUARTERS[3];
}
