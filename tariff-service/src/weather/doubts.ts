import { DAY_MS, type Zone } from '../time/zone.ts';
import type { WeatherSource } from './source.ts';

const HOUR_MS = DAY_MS / 24;
/** Hours of the local day in which a mean day is warmest nearly everywhere. */
const WARMEST = { from: 10, to: 20 } as const;
/** A mean day that swings less shows no warmest hour. */
const LEAST_SWING_C = 3;

/** What makes one doubt that a source is what it is taken for: gaps, and a clock of elsewhere. */
export function doubtsOf(source: WeatherSource, area: Zone): readonly string[] {
  return [...gapsOf(source), ...clockOf(source, area)];
}

function gapsOf({ validMs, stepMs }: WeatherSource): readonly string[] {
  let missing = 0;
  let longest = 0;
  let atMs = 0;
  validMs.forEach((ms, index) => {
    const gap = Math.round((ms - (validMs[index - 1] ?? ms)) / stepMs) - 1;
    if (gap <= 0) return;
    missing += gap;
    if (gap > longest) [longest, atMs] = [gap, ms - gap * stepMs];
  });
  if (missing === 0) return [];
  return [
    `${missing} values are missing, the longest gap has ${longest} from ${new Date(atMs).toISOString()}: three hours are filled with the last value, more with the day before`,
  ];
}

function clockOf({ validMs, celsius }: WeatherSource, area: Zone): readonly string[] {
  const sums = Array.from({ length: 24 }, () => ({ sum: 0, count: 0 }));
  validMs.forEach((ms, index) => {
    const hour = Math.floor((((ms + area.offsetMs(ms)) % DAY_MS) + DAY_MS) / HOUR_MS) % 24;
    const at = sums[hour];
    if (at === undefined || Number.isNaN(celsius[index])) return;
    at.sum += celsius[index] ?? 0;
    at.count += 1;
  });
  const means = sums.flatMap(({ sum, count }, hour) => (count === 0 ? [] : [{ hour, mean: sum / count }]));
  const warmest = means.reduce((best, each) => (each.mean > best.mean ? each : best), {
    hour: 0,
    mean: Number.NEGATIVE_INFINITY,
  });
  const coldest = Math.min(...means.map(({ mean }) => mean));
  if (warmest.mean - coldest < LEAST_SWING_C) return [];
  if (warmest.hour >= WARMEST.from && warmest.hour <= WARMEST.to) return [];
  return [
    `the mean day is warmest at ${String(warmest.hour).padStart(2, '0')}:00 in ${area.name}: are the stamps of another zone (--weather-zone, --weather-bare-stamps)?`,
  ];
}
