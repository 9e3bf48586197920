import { counted, MINUTES_PER_HOUR, stepMsOf, type Site } from './site.ts';

/** A charging session as a file tells it. */
export interface Stay {
  readonly stationId: string;
  /** From 0; given by the order in which stations appear when it is left out. */
  readonly phase?: number;
  readonly arrivalMs: number;
  readonly departureMs: number;
  readonly energyWh: bigint;
  /** What the driver said on arrival. */
  readonly declaredDepartureMs?: number;
  readonly declaredEnergyWh?: bigint;
}

/**
 * A stay on the grid of steps: a car is there in the steps that lie whole within its stay, numbered from 1970, and gets nothing in the
 * ones at whose begin it has not come or at whose end it has left.
 */
export interface Car {
  readonly index: number;
  readonly stay: Stay;
  readonly lane: number;
  readonly firstStep: number;
  /** The first step in which it is no longer there. */
  readonly endStep: number;
  /** Watt-minutes that it takes when it gets them. */
  readonly need: number;
}

/** The phase of each stay: its own, or that of its station, which take turns in the order in which they appear. */
const lanesOf = (stays: readonly Stay[], phases: number): readonly number[] => {
  const lanes = new Map<string, number>();
  return stays.map(({ stationId, phase }) => {
    const lane = lanes.get(stationId) ?? lanes.size % phases;
    lanes.set(stationId, lane);
    return phase ?? lane;
  });
};

/** Stays on the grid of steps, in order of arrival. */
export const carsOf = (stays: readonly Stay[], site: Site): readonly Car[] => {
  const stepMs = stepMsOf(site);
  const lanes = lanesOf(stays, site.phases);
  return stays
    .map((stay, row) => ({ stay, lane: lanes[row] ?? 0 }))
    .sort((a, b) => a.stay.arrivalMs - b.stay.arrivalMs)
    .map(({ stay, lane }, index) => ({
      index,
      stay,
      lane,
      firstStep: Math.ceil(stay.arrivalMs / stepMs),
      endStep: Math.floor(stay.departureMs / stepMs),
      need: counted(stay.energyWh * BigInt(MINUTES_PER_HOUR)),
    }));
};
