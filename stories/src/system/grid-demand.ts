import { columnAt, readTable } from '@roamgrid/service-kit/csv';
import { LEDGER_LIMITS } from '@roamgrid/wire';
import { tell } from './register.ts';
import type { RunningUtility } from './utility.ts';

const HOUR_MS = 3_600_000;

export interface HourlyDemand {
  /** Start of the hour. */
  readonly atMs: number;
  readonly demandW: bigint;
}

/** Hourly demand from a cleaned EIA-930 file: `time_utc` is the hour's end, MW; rows that were imputed stay out. */
export function readDemand(csv: Uint8Array): readonly HourlyDemand[] {
  const columns = ['time_utc', 'demand_mw', 'quality'];
  const table = readTable(csv, { columns });
  if (!table.ok) throw new Error(`${table.error.code}: ${table.error.message}`);
  const { header, rows } = table.value;
  const [timeAt, demandAt, qualityAt] = columns.map((name) => columnAt(header, name));
  const cell = (cells: readonly string[], at = -1): string => cells[at] ?? '';
  return rows
    .filter(({ cells }) => cell(cells, qualityAt) === 'OKAY' && /^\d+$/.test(cell(cells, demandAt)))
    .map(({ cells }) => ({
      atMs: Date.parse(cell(cells, timeAt)) - HOUR_MS,
      demandW: BigInt(cell(cells, demandAt)) * 1_000_000n,
    }));
}

/**
 * The demand of a recorded span as if it were now: moved by whole weeks, so that weekdays and hours stay what they were,
 * to end at `untilMs`.
 */
export function moveToNow(
  demand: readonly HourlyDemand[],
  untilMs: number,
  hours: number,
): readonly HourlyDemand[] {
  const last = demand.at(-1);
  if (!last) return [];
  const weekMs = 7 * 24 * HOUR_MS;
  // Past the end, so that the span ends at `untilMs` and not up to a week before it.
  const shiftMs = Math.ceil((untilMs - last.atMs) / weekMs) * weekMs;
  return demand
    .map(({ atMs, demandW }) => ({ atMs: atMs + shiftMs, demandW }))
    .filter(({ atMs }) => atMs > untilMs - weekMs - hours * HOUR_MS && atMs <= untilMs)
    .slice(-hours);
}

/** Record demand on the ledger as the grid operator, in chunks of what one command may carry. */
export async function recordDemand(
  utility: RunningUtility,
  areaId: string,
  demand: readonly HourlyDemand[],
): Promise<void> {
  for (let from = 0; from < demand.length; from += LEDGER_LIMITS.batchItems) {
    const readings = demand.slice(from, from + LEDGER_LIMITS.batchItems);
    const firstAtMs = readings[0]?.atMs ?? 0;
    await tell(utility.gridOperator, utility, 'grid', 'recordDemand', {
      commandId: `demand-${areaId}-${firstAtMs}`,
      chunk: {
        utilityId: utility.definition.utilityId,
        areaId,
        intervalMs: HOUR_MS,
        readings: readings.map(({ atMs, demandW }) => ({ atMs, demandW: demandW.toString() })),
      },
    });
  }
}
