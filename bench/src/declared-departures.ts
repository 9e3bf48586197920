import { seededChance } from '@roamgrid/domain/chance';
import type { Stay } from '@roamgrid/energy-controller';

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;

const bell = (chance: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());

/** Ways in which drivers are wrong, hours after their true departure; `default` declares a stay that is the same for everybody. */
export const ERRORS: Readonly<Record<string, (stay: Stay, chance: () => number) => number>> = {
  // Three in ten to a quarter of an hour, six by about two hours, one by about four.
  spread: ({ departureMs }, chance) => {
    const kind = chance();
    const hours = kind < 0.3 ? 0.25 : kind < 0.9 ? 2 : 4;
    return departureMs + hours * bell(chance) * HOUR_MS;
  },
  // Four in ten leave the eight hours that the app offers, two say an hour, the others are good to half an hour.
  default: ({ arrivalMs, departureMs }, chance) => {
    const kind = chance();
    if (kind < 0.4) return arrivalMs + 8 * HOUR_MS;
    return kind < 0.6 ? arrivalMs + HOUR_MS : departureMs + 0.5 * bell(chance) * HOUR_MS;
  },
  // A bell curve around the truth, two hours wide: no driver, hour or place is wrong in a way of its own.
  bell: ({ departureMs }, chance) => departureMs + 2 * bell(chance) * HOUR_MS,
  // Half are good, half say two to five hours too late.
  late: ({ departureMs }, chance) =>
    departureMs + (chance() < 0.5 ? 0.3 * bell(chance) : 2 + 3 * chance()) * HOUR_MS,
};

/** Each stay with a departure that its driver declared, wrong in one of these ways, the same for the same seed. */
export const declare = (stays: readonly Stay[], error: string, seed: number): readonly Stay[] => {
  const chance = seededChance(seed);
  return stays.map((stay) => {
    const wanted = ERRORS[error]?.(stay, chance) ?? stay.departureMs;
    const saidMs = Math.round(Math.max(wanted, stay.arrivalMs + QUARTER_MS) / QUARTER_MS) * QUARTER_MS;
    return { ...stay, declaredDepartureMs: saidMs };
  });
};
