import { at, liveDay, QUARTERS, sourcesAt, type DaySeen, type DayStep } from './day.ts';
import type { Part } from './part.ts';
import { addsUp, givenOf, LOADS, SOURCES, sum, takenOf } from './station.ts';

const QUARTERS_AN_HOUR = 4n;

/** What is taken is what is given, to the watt, and it is no more than there is, whatever comes and goes. */
const isKept = (step: DayStep, index: number): boolean => {
  const has = sourcesAt(index);
  const takenW = takenOf(step);
  return (
    step.quarter === index &&
    addsUp(step, has) &&
    takenW === BigInt(step.granted) &&
    takenW <= BigInt(step.available) &&
    step.available === sum(Object.values(has)).toString() &&
    step.held === (index === at(12, 3) ? '150000' : '0')
  );
};

/** Each meter of the day has counted what its readings come to, and loads took what sources gave, to the watt-quarter. */
export const isDayExact = ({ steps, metersWh }: DaySeen): boolean =>
  sum(steps.map(takenOf)) === sum(steps.map(givenOf)) &&
  [...LOADS, ...SOURCES].every(
    (name) => (sum(steps.map((step) => BigInt(step[name]))) / QUARTERS_AN_HOUR).toString() === metersWh[name],
  );

/** What loads took and sources gave in the day, by their meters. */
export const sumsOf = ({ metersWh }: DaySeen): { readonly takenWh: string; readonly givenWh: string } => ({
  takenWh: takenOf(metersWh).toString(),
  givenWh: givenOf(metersWh).toString(),
});

const isDayKept = ({ steps }: DaySeen): boolean => steps.length === QUARTERS && steps.every(isKept);

const stepAt = ({ steps }: DaySeen, quarter: number): DayStep | undefined => steps[quarter];

/** The middle of a fast charge leaves the servers their standby; an urgent task then slows it, and it goes on after. */
const isUrgentServed = (seen: DaySeen): boolean =>
  [at(8, 1), at(8, 2), at(10, 3), at(11, 2)].every((quarter) => {
    const step = stepAt(seen, quarter);
    return step?.servers === '20' && BigInt(step.outlet) > 500_000n;
  }) &&
  [at(11), at(11, 1)].every((quarter) => {
    const step = stepAt(seen, quarter);
    return step?.servers === '400000' && BigInt(step.outlet) < 100_000n;
  });

/** Power is kept for the reservation a quarter-hour before it begins, and is there when it does; servers have what is left. */
const isBookedServed = (seen: DaySeen): boolean =>
  stepAt(seen, at(12, 2))?.held === '0' &&
  stepAt(seen, at(12, 3))?.held === '150000' &&
  [at(13), at(13, 1), at(13, 2), at(13, 3)].every((quarter) => {
    const step = stepAt(seen, quarter);
    return step?.outlet === '150000' && step.servers === '400000';
  });

/** While the feed is out the site lives on sun and battery; once it is back, so is the charge. */
const isOutageSurvived = (seen: DaySeen): boolean =>
  [at(16), at(16, 1), at(16, 2)].every((quarter) => {
    const step = stepAt(seen, quarter);
    return step?.grid === '0' && BigInt(step.outlet) > 0n && BigInt(step.outlet) < 255_000n;
  }) && BigInt(stepAt(seen, at(16, 3))?.outlet ?? '0') > 500_000n;

const between = (from: number, to: number) => (seen: DaySeen) => seen.steps.slice(from, to);

/** The day as a part of the scenario. */
export const dayPart: Part<DaySeen> = {
  name: 'day',
  what: 'a day of the station: a fast charge, an urgent task, a reservation, an outage of the feed',
  live: liveDay,
  rows: [
    {
      row: 'SITE-1',
      is: (seen) => isDayKept(seen) && isDayExact(seen),
      shows: ({ steps, metersWh }) => ({
        quarters: steps.length,
        mostTakenW: steps
          .map(takenOf)
          .reduce((most, takenW) => (takenW > most ? takenW : most), 0n)
          .toString(),
        metersWh,
      }),
    },
    { row: 'SITE-1', is: isOutageSurvived, shows: between(at(16), at(17)) },
    { row: 'SITE-4', is: isUrgentServed, shows: between(at(10, 3), at(11, 3)) },
    { row: 'SITE-6', is: isBookedServed, shows: between(at(12, 2), at(13, 1)) },
  ],
};
