import { slotsOf } from '@roamgrid/wire';
import type { Site5Seen } from './site-5.ts';

const MS_PER_HOUR = 3_600_000n;
const MICROS_A_KWH = 400_000n;

const sharesOutletsOnce = ({ outlets, asked, booked, denied }: Site5Seen['tries']): boolean => {
  const taken = booked.flatMap(({ evseId, fromMs, untilMs }) =>
    slotsOf(fromMs, untilMs).map((slotMs) => `${evseId} ${slotMs}`),
  );
  const distinct = new Set(taken);
  const fits = (fromMs: number, untilMs: number) =>
    outlets.some((evseId) =>
      slotsOf(fromMs, untilMs).every((slotMs) => !distinct.has(`${evseId} ${slotMs}`)),
    );
  return (
    asked >= 20 &&
    booked.length > 0 &&
    booked.length + denied.length === asked &&
    distinct.size === taken.length &&
    booked.every(({ evseId }) => outlets.includes(evseId)) &&
    denied.every(({ fromMs, untilMs }) => !fits(fromMs, untilMs))
  );
};

const movedOn = ({ outcome, fromMs, taskEndMs, runs }: Site5Seen['moved']): boolean => {
  const here = runs.filter(({ stationId }) => stationId === 's1');
  const there = runs.filter(({ stationId }) => stationId !== 's1');
  return (
    outcome === 'moved' &&
    here.length === 1 &&
    here[0]?.endMs === fromMs &&
    there.length === 1 &&
    there[0]?.stationId === 's2' &&
    there[0].startMs === fromMs &&
    there[0].endMs === taskEndMs
  );
};

const isSlow = ({
  needWh,
  offeredW,
  durationMs,
  priceMicros,
  keptBefore,
  accepted,
  keptAfterDeclining,
}: Site5Seen['slow']) => {
  const [need, offered] = [BigInt(needWh), BigInt(offeredW)];
  // Whole milliseconds, rounded up; a whole number of micros.
  return (
    offered === 25_000n &&
    BigInt(durationMs) === (need * MS_PER_HOUR + offered - 1n) / offered &&
    BigInt(priceMicros) === (need * MICROS_A_KWH) / 1_000n &&
    keptBefore === 0 &&
    accepted.outcome === 'partial' &&
    accepted.powerW === offeredW &&
    keptAfterDeclining === 0
  );
};

/** SITE-5 holds when every part of it was seen. */
export const isSite5 = ({ denied, afterTask, moved, slow, ledger, beyond, tries }: Site5Seen): boolean =>
  denied.why === 'POWER_TAKEN' &&
  denied.others.map(([stationId, minutes]) => `${stationId} ${minutes}`).join() === 's2 9,s3 14' &&
  afterTask.outcome === 'after-task' &&
  afterTask.fromMs === afterTask.taskEndMs &&
  afterTask.taskEndMs - afterTask.askedMs === 4 * 60_000 &&
  afterTask.untilMs - afterTask.fromMs === 3_600_000 &&
  movedOn(moved) &&
  isSlow(slow) &&
  ledger.state === 'granted' &&
  ledger.atStation === ledger.atHome &&
  beyond === 'RESERVATIONS_OPEN' &&
  sharesOutletsOnce(tries);
