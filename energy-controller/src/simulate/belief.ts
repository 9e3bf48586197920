import type { Car } from './cars.ts';
import { counted, MINUTES_PER_HOUR, stepMsOf, type Site } from './site.ts';

/** What who divides the power knows of the cars that are there: the truth, or what drivers declared. */
export type Knows = 'oracle' | 'declared';

export interface Belief {
  /** When a car leaves, step; undefined when nobody said. */
  leavesStep(car: Car): number | undefined;
  /** Watt-minutes that a car still needs when it is not full and has drawn so much. */
  left(car: Car, drawn: number): number;
}

const oracle: Belief = {
  leavesStep: ({ endStep }) => endStep,
  left: ({ need }, drawn) => need - drawn,
};

/** A declared departure that has passed stays what it is: the car is late. A declared energy that was too small is a step of the least power. */
const declared = (site: Site): Belief => {
  const stepMs = stepMsOf(site);
  const leastMore = counted(site.minAmps * site.volts) * site.stepMinutes;
  return {
    leavesStep: ({ stay: { declaredDepartureMs } }) =>
      declaredDepartureMs === undefined ? undefined : Math.floor(declaredDepartureMs / stepMs),
    left: ({ need, stay: { declaredEnergyWh } }, drawn) =>
      declaredEnergyWh === undefined
        ? need - drawn
        : Math.max(counted(declaredEnergyWh) * MINUTES_PER_HOUR - drawn, leastMore),
  };
};

export const beliefOf = (knows: Knows, site: Site): Belief => (knows === 'oracle' ? oracle : declared(site));
