import { chargeDurationMs, scheduledLimitW, type ChargingSchedule } from '@roamgrid/domain/power';
import type { CborValue } from '../cbor/cbor.ts';
import type { CapProfile } from '../place/caps.ts';
import type { PlaceProfile } from '../place/rules.ts';
import type { OpenSession } from './memory.ts';
import type { OutletFlow } from './outlet-port.ts';

const MS_PER_S = 1_000;

/** A profile as the power core follows it, from an instant on. */
export const scheduleOf = ({ durationS, periods }: PlaceProfile, startMs: number): ChargingSchedule => ({
  ...{ startMs, durationMs: durationS * MS_PER_S, stackLevel: 0 },
  periods: periods.map(({ offsetS, limitW }) => ({ offsetMs: offsetS * MS_PER_S, limitW })),
});

/** A calendar of caps, the same. */
export const capSchedules = (caps: CapProfile | undefined): readonly ChargingSchedule[] =>
  caps === undefined ? [] : [scheduleOf(caps, caps.fromS * MS_PER_S)];

export interface RunningPlace {
  readonly profile: PlaceProfile | null;
  readonly caps: CapProfile | undefined;
}

/**
 * What the phone that started a session is told of it: its number, when it has ended at the latest, when it can have what was asked for at the soonest (a car may take less;
 * nothing when it will not by then), and what may flow now, W. Spec: SECURE-8.
 */
export const runningWord = (
  { number, mostWh, beganS, endsS }: OpenSession,
  { takenWh, mostW }: OutletFlow,
  nowMs: number,
  { profile, caps }: RunningPlace,
): CborValue => {
  const own = profile === null ? [] : [scheduleOf(profile, beganS * MS_PER_S)];
  const purposes = [own, capSchedules(caps)];
  const leftWh = mostWh > takenWh ? mostWh - takenWh : 0n;
  const lastsMs = chargeDurationMs({
    ...{ needWh: leftWh, fromMs: nowMs, untilMs: endsS * MS_PER_S, mostW, purposes },
  });
  const limitW = purposes.reduce((lowestW, schedules) => {
    const saidW = scheduledLimitW(schedules, nowMs) ?? lowestW;
    return saidW < lowestW ? saidW : lowestW;
  }, mostW);
  const readyS = lastsMs === undefined ? null : Math.ceil((nowMs + lastsMs) / MS_PER_S);
  return ['running', number, endsS, readyS, limitW];
};
