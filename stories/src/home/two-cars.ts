import { leavesAt, NOW, pricesByHour, startHomeStage } from '@roamgrid/energy-controller/stage';
import type { Row } from '../site/part.ts';

/** HOME-1: one car leaves at eight, the other stays; both charge when it is cheapest for each. */

const HOUR_MS = 3_600_000;
const FROM = 16;
const HOURS = 24;
const BATTERY_WH = 60_000n;
const HAS_WH = { a: 12_000n, b: 40_000n } as const;

const priceAt = (hour: number): bigint => {
  if (hour >= 13 && hour < 15) return 80_000n;
  return hour >= 22 || hour < 6 ? 150_000n : 300_000n;
};
const at = (hour: number): number => NOW + (hour - 12) * HOUR_MS;

export interface TwoCarsSeen {
  /** By the hour from 16:00: what each car takes, W. */
  readonly hours: readonly { readonly hour: number; readonly a: string; readonly b: string }[];
  readonly metersWh: { readonly a: string; readonly b: string };
  /** What the first car holds at eight. */
  readonly storedAt8Wh: string;
}

export const liveTwoCars = async (folder: string): Promise<TwoCarsSeen> => {
  const car = { capacityWh: BATTERY_WH, mostW: 11_000n };
  const house = await startHomeStage({
    ...{ folder, connectionW: 25_000n, startMs: at(FROM) },
    cars: [
      { ...car, carId: 'a', storedWh: HAS_WH.a },
      { ...car, carId: 'b', storedWh: HAS_WH.b },
    ],
    home: { slotMs: HOUR_MS, slots: 48 },
  });
  try {
    const intervals = pricesByHour(NOW, 72, priceAt);
    await house.tell('day-ahead', { kind: 'price', version: 1, intervals });
    await house.setCar('a', leavesAt(at(32), BATTERY_WH));
    await house.setCar('b', leavesAt(at(42), BATTERY_WH));
    await house.live(0);
    const hours: TwoCarsSeen['hours'][number][] = [];
    let storedAt8Wh = '';
    for (let passed = 0; passed < HOURS; passed += 1) {
      const hour = (FROM + passed) % 24;
      if (hour === 8) {
        storedAt8Wh = house.storedWh('a').toString();
        house.leaves('a');
        await house.live(0);
      }
      const [a, b] = ['a', 'b'].map((id) => house.plant.takesW(`box-${id}`).toString());
      hours.push({ hour, a: a ?? '', b: b ?? '' });
      await house.live(HOUR_MS);
    }
    const [a, b] = ['a', 'b'].map((id) => house.plant.meterWh(`box-${id}`).toString());
    return { hours, metersWh: { a: a ?? '', b: b ?? '' }, storedAt8Wh };
  } finally {
    await house.close();
  }
};

const wattsOf = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : -1n);
const total = (hours: TwoCarsSeen['hours'], car: 'a' | 'b'): bigint =>
  hours.reduce((sum, hour) => sum + wattsOf(hour[car]), 0n);

const isTwoCars = ({ hours, metersWh, storedAt8Wh }: TwoCarsSeen): boolean => {
  const costs = hours.reduce((sum, { hour, a, b }) => sum + priceAt(hour) * (wattsOf(a) + wattsOf(b)), 0n);
  // Each in its cheapest hours, which it has enough of.
  const best = (BATTERY_WH - HAS_WH.a) * priceAt(0) + (BATTERY_WH - HAS_WH.b) * priceAt(13);
  const night = hours.filter(({ hour }) => hour >= 22 || hour < 6);
  const afternoon = hours.filter(({ hour }) => hour >= 13 && hour < 15);
  return (
    hours.length === HOURS &&
    hours.every(
      ({ hour, a, b }, passed) => hour === (FROM + passed) % 24 && wattsOf(a) >= 0n && wattsOf(b) >= 0n,
    ) &&
    storedAt8Wh === BATTERY_WH.toString() &&
    metersWh.a === (BATTERY_WH - HAS_WH.a).toString() &&
    total(night, 'a').toString() === metersWh.a &&
    total(hours, 'a') === total(night, 'a') &&
    total(hours, 'b').toString() === metersWh.b &&
    total(afternoon, 'b') * 10n >= total(hours, 'b') * 9n &&
    metersWh.b === (BATTERY_WH - HAS_WH.b).toString() &&
    costs * 100n <= best * 102n
  );
};

export const twoCarsRows: readonly Row<TwoCarsSeen>[] = [
  { row: 'HOME-1', is: isTwoCars, shows: (seen) => seen },
];
