import type { Rational } from './rational.ts';
import type { TariffEdges, TariffElement } from './tariff.ts';

const MINUTES_PER_DAY = 1440;

/** Gathers every instant, energy and duration at which some element of the tariff may start or stop matching. */
export const tariffEdges = (elements: readonly TariffElement[]): TariffEdges => {
  const minutes = new Set<number>();
  const durationsMs = new Set<number>();
  const energies: Rational[] = [];
  for (const { restrictions: on } of elements) {
    if (on.window !== undefined) {
      minutes.add(on.window.startMinute);
      minutes.add(on.window.endMinute % MINUTES_PER_DAY);
    }
    if (on.startDay !== undefined || on.endDay !== undefined || on.weekdays !== undefined) minutes.add(0);
    if (on.minEnergy !== undefined) energies.push(on.minEnergy);
    if (on.maxEnergy !== undefined) energies.push(on.maxEnergy);
    if (on.minDurationMs !== undefined) durationsMs.add(on.minDurationMs);
    if (on.maxDurationMs !== undefined) durationsMs.add(on.maxDurationMs);
  }
  return {
    usesLocalTime: minutes.size > 0,
    minutes: [...minutes].sort((a, b) => a - b),
    energies,
    durationsMs: [...durationsMs].sort((a, b) => a - b),
  };
};
