import { DAY_MS, instantOfLocal, type Zone } from '../time/zone.ts';

/** A local day whose tariff is to be on the ledger, and the gate at which it became due. */
export interface DueDay {
  /** Local epoch day. */
  readonly day: number;
  readonly gateMs: number;
}

const localDay = (zone: Zone, atMs: number): number => Math.floor((atMs + zone.offsetMs(atMs)) / DAY_MS);

const gateOf = (zone: Zone, day: number, gateMinutes: number): number =>
  gateMinutes === 1440 ? instantOfLocal(zone, day, 0) : instantOfLocal(zone, day - 1, gateMinutes);

/**
 * Days that are due: today, which was at yesterday's gate, and tomorrow once today's gate has passed. Whoever was down
 * for longer makes up for what can still be priced; the past keeps the prices that it had.
 */
export function dueDays(zone: Zone, gateMinutes: number, nowMs: number): readonly DueDay[] {
  const today = localDay(zone, nowMs);
  return [today, today + 1]
    .map((day) => ({ day, gateMs: gateOf(zone, day, gateMinutes) }))
    .filter(({ gateMs }) => gateMs <= nowMs);
}

/** The next gate after an instant, in local clock time whatever the clocks do meanwhile. */
export function nextGateMs(zone: Zone, gateMinutes: number, nowMs: number): number {
  const today = localDay(zone, nowMs);
  const gates = [today, today + 1, today + 2].map((day) => gateOf(zone, day, gateMinutes));
  const next = gates.find((gateMs) => gateMs > nowMs);
  if (next === undefined) throw new Error('a gate comes every day');
  return next;
}
