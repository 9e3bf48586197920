import { rateSession, type ZoneOffsets } from '@roamgrid/domain';
import { DAY_MS } from '../../time/zone.ts';
import { type Parties, type RatedSession, settle, type Settled } from './parties.ts';
import { energyByHour, HOUR_MS, type PlacedSession } from './place.ts';
import { type PriceSpan, tariffsOf } from './prices.ts';
import { answer, type Response } from './response.ts';

/** The same sessions under one tariff. */
export interface Replay {
  readonly rated: readonly RatedSession[];
  readonly settled: Settled;
  readonly energyWh: bigint;
  readonly movedSessions: number;
  readonly movedEnergyWh: bigint;
  /** Energy that flowed in the grid's peak hours. */
  readonly peakEnergyWh: bigint;
  /** By hour of the local day. */
  readonly energyWhByClock: readonly bigint[];
  /** Total over energy, rounded down. */
  readonly meanMicrosPerKWh: bigint;
  /** Whether the lines of every rated session add up to its total. */
  readonly linesAddUp: boolean;
}

export interface ReplaySetting {
  readonly sessions: readonly PlacedSession[];
  readonly response: Response;
  readonly parties: Parties;
  readonly zoneOffsets: ZoneOffsets;
  /** Starts (UTC) of the hours in which the grid was at its peak. */
  readonly peakHours: ReadonlySet<number>;
}

/** Lets every driver answer the prices, and rates what results by the engine that rates real bills. */
export function replay(prices: PriceSpan, setting: ReplaySetting): Replay {
  const tariffOf = tariffsOf(prices);
  const byClock = Array.from({ length: 24 }, () => 0n);
  const sum = { energyWh: 0n, movedSessions: 0, movedEnergyWh: 0n, peakEnergyWh: 0n };
  let linesAddUp = true;
  const rated = setting.sessions.map((session): RatedSession => {
    const { startMs, moved } = answer(session, prices, setting.response);
    const bill = rateSession({
      tariff: tariffOf(startMs),
      readings: [
        { atMs: startMs, energyWh: 0n },
        { atMs: startMs + session.chargingMs, energyWh: session.energyWh },
      ],
      zoneOffsets: setting.zoneOffsets,
    });
    if (!bill.ok)
      throw new Error(`session ${session.sessionId} cannot be rated: ${JSON.stringify(bill.error)}`);
    const { totalMicros, lines } = bill.value;
    linesAddUp &&= lines.reduce((total, line) => total + line.micros, 0n) === totalMicros;
    sum.energyWh += session.energyWh;
    if (moved) {
      sum.movedSessions++;
      sum.movedEnergyWh += session.energyWh;
    }
    for (const [hour, energyWh] of energyByHour(session, startMs)) {
      if (setting.peakHours.has(hour)) sum.peakEnergyWh += energyWh;
      const clock = Math.floor(((hour + prices.zone.offsetMs(hour)) % DAY_MS) / HOUR_MS);
      byClock[clock] = (byClock[clock] ?? 0n) + energyWh;
    }
    return { session, startMs, moved, totalMicros };
  });
  const settled = settle(rated, setting.parties);
  return {
    rated,
    settled,
    ...sum,
    energyWhByClock: byClock,
    meanMicrosPerKWh: sum.energyWh === 0n ? 0n : (settled.totalMicros * 1000n) / sum.energyWh,
    linesAddUp,
  };
}
