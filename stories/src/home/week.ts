import { NOW, pricesByHour, startHomeStage, type HomeStage } from '@roamgrid/energy-controller/stage';
import type { Row } from '../site/part.ts';

/** HOME-3: a week in which the car feeds the house in its dear hours and is charged in the night, and an outage at two. */

const HOUR_MS = 3_600_000;
const DAYS = 7;
const BATTERY_WH = 60_000n;
const LEAVES_WITH_WH = 48_000n;
const DRIVES_WH = 12_000n;
const KEEPS_WH = 20_000n;
const [BACK_AT, LEAVES_AT, PEAK_FROM, PEAK_UNTIL] = [16, 8, 17, 20];
const NIGHT_MICROS = 100_000n;
const at = (hour: number): number => NOW + (hour - 12) * HOUR_MS;
const priceAt = (hour: number): bigint =>
  hour >= PEAK_FROM && hour < PEAK_UNTIL ? 400_000n : hour >= 22 || hour < 6 ? NIGHT_MICROS : 250_000n;
const loadAt = (hour: number): bigint => (hour >= PEAK_FROM && hour < PEAK_UNTIL ? 3_000n : 500n);

interface Hour {
  readonly hour: number;
  /** W: what is bought, what the car takes, and what it gives. */
  readonly grid: string;
  readonly charges: string;
  readonly gives: string;
}

export interface WeekSeen {
  /** While the car is there, day after day. */
  readonly days: readonly { readonly hours: readonly Hour[]; readonly leavesWithWh: string }[];
  readonly outage: readonly { readonly gives: string; readonly storedWh: string }[];
}

const hourOf = async (house: HomeStage, hour: number): Promise<Hour> => {
  house.takes(loadAt(hour));
  await house.live(0);
  const { plant } = house;
  return {
    hour,
    grid: plant.givesW('grid').toString(),
    charges: plant.takesW('box-a').toString(),
    gives: plant.givesW('a-battery').toString(),
  };
};

const liveOutage = async (house: HomeStage): Promise<WeekSeen['outage']> => {
  house.takes(500n);
  house.comesBack('a', KEEPS_WH + 200n);
  const grid = house.plant.sources.get('grid');
  if (grid === undefined) throw new Error('the house has a grid');
  grid.source = { ...grid.source, availableW: 0n };
  const seen: WeekSeen['outage'][number][] = [];
  for (let quarter = 0; quarter < 3; quarter += 1) {
    await house.live(quarter === 0 ? 1 : HOUR_MS / 4);
    const gives = house.plant.givesW('a-battery').toString();
    seen.push({ gives, storedWh: house.storedWh('a').toString() });
  }
  return seen;
};

export const liveWeek = async (folder: string): Promise<WeekSeen> => {
  const trips = Array.from({ length: DAYS + 1 }, (_, day) => ({
    departsAtMs: at(24 * (day + 1) + LEAVES_AT),
    targetWh: LEAVES_WITH_WH.toString(),
    returnsAtMs: at(24 * (day + 1) + BACK_AT),
    usesWh: DRIVES_WH.toString(),
  }));
  const house = await startHomeStage({
    ...{ folder, connectionW: 12_000n, startMs: at(BACK_AT), loadW: 500n },
    cars: [
      {
        ...{ carId: 'a', storedWh: LEAVES_WITH_WH - DRIVES_WH, capacityWh: BATTERY_WH, mostW: 7_000n },
        canDischarge: true,
      },
    ],
    home: { slotMs: HOUR_MS, slots: 36, departsWh: '20000' },
  });
  try {
    const intervals = pricesByHour(NOW, 24 * (DAYS + 3), priceAt);
    await house.tell('week', { kind: 'price', version: 1, intervals });
    await house.setCar('a', { version: 1, trips, mayDischarge: true, keepWh: KEEPS_WH.toString() });
    const days: WeekSeen['days'][number][] = [];
    for (let day = 0; day < DAYS; day += 1) {
      const hours: Hour[] = [];
      for (let passed = 0; passed < 24 + LEAVES_AT - BACK_AT; passed += 1) {
        hours.push(await hourOf(house, (BACK_AT + passed) % 24));
        house.pass(HOUR_MS);
      }
      days.push({ hours, leavesWithWh: house.storedWh('a').toString() });
      house.leaves('a');
      await house.live(0);
      house.pass((BACK_AT - LEAVES_AT) * HOUR_MS);
      house.comesBack('a', house.storedWh('a') - DRIVES_WH);
    }
    // Two in the night.
    house.pass(10 * HOUR_MS);
    return { days, outage: await liveOutage(house) };
  } finally {
    await house.close();
  }
};

const wattsOf = (text: string): bigint => (/^\d+$/.test(text) ? BigInt(text) : -1n);
const isPeak = ({ hour }: Hour): boolean => hour >= PEAK_FROM && hour < PEAK_UNTIL;

/** Charged when it is cheap, given when it is dear, all of it adding up, and there with what it needs. */
const isDay = ({ hours, leavesWithWh }: WeekSeen['days'][number]): boolean => {
  const paid = hours.reduce((sum, { hour, grid }) => sum + priceAt(hour) * wattsOf(grid), 0n);
  const loads = hours.reduce((sum, { hour }) => sum + priceAt(hour) * loadAt(hour), 0n);
  // What it had to pay at least if the car gave nothing.
  const without = loads + DRIVES_WH * NIGHT_MICROS;
  return (
    hours.every(
      ({ hour, grid, charges, gives }, passed) =>
        hour === (BACK_AT + passed) % 24 &&
        wattsOf(charges) >= 0n &&
        wattsOf(gives) >= 0n &&
        wattsOf(grid) + wattsOf(gives) === loadAt(hour) + wattsOf(charges),
    ) &&
    hours.filter(isPeak).every(({ gives, charges }) => gives === '3000' && charges === '0') &&
    hours.every((each) => each.charges === '0' || priceAt(each.hour) === NIGHT_MICROS) &&
    wattsOf(leavesWithWh) === LEAVES_WITH_WH &&
    paid < without
  );
};

const isWeek = ({ days }: WeekSeen): boolean => days.length === DAYS && days.every(isDay);

/** At once, and down to what its user keeps. */
const isBackUp = ({ outage: [first, second, third] }: WeekSeen): boolean =>
  first?.gives === '500' &&
  first.storedWh === (KEEPS_WH + 200n).toString() &&
  second?.gives === '300' &&
  second.storedWh === (KEEPS_WH + 75n).toString() &&
  third?.gives === '0' &&
  third.storedWh === KEEPS_WH.toString();

export const weekRows: readonly Row<WeekSeen>[] = [
  {
    row: 'HOME-3',
    is: isWeek,
    shows: ({ days }) => days.map(({ hours, leavesWithWh }) => ({ leavesWithWh, hours: hours.length })),
  },
  { row: 'HOME-3', is: isBackUp, shows: ({ outage }) => outage },
];
