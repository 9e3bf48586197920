import { seededChance } from '@roamgrid/domain/chance';

const HOUR_MS = 3_600_000;

/** A made-up load that follows the weather, and a weather that yesterday tells little of. */
export interface WeatherWorld {
  readonly startMs: number;
  readonly hours: number;
  readonly loadCsv: string;
  readonly celsius: readonly number[];
  /** What was foretold of an hour by a run so many days before it: worse with each day. */
  foretold(hour: number, lead: number): number;
}

/** Each day is warmer or colder than its season by chance. */
export function weatherWorld(days: number, firstDay: string, seed: number): WeatherWorld {
  const random = seededChance(seed);
  const chance = (): number => random() * 2 - 1;
  const startMs = Date.parse(`${firstDay}T00:00:00Z`);
  const moods = Array.from({ length: days }, () => 9 * chance());
  const celsius: number[] = [];
  const lines = ['time,mw'];
  for (let hour = 0; hour < days * 24; hour++) {
    const mood = moods[Math.floor(hour / 24)] ?? 0;
    const degrees = 8 + mood + 4 * Math.sin((2 * Math.PI * ((hour % 24) - 9)) / 24) + 0.3 * chance();
    celsius.push(Number(degrees.toFixed(2)));
    const atMs = startMs + hour * HOUR_MS;
    const quiet = [0, 6].includes(new Date(atMs).getUTCDay()) ? 0.9 : 1;
    const shape = 1 + 0.2 * Math.sin((2 * Math.PI * ((hour % 24) - 8)) / 24);
    const load = 1000 * shape * quiet * (1 + 0.02 * Math.max(0, 16 - degrees)) * (1 + 0.005 * chance());
    lines.push(`${new Date(atMs).toISOString()},${load.toFixed(2)}`);
  }
  const misses = Array.from({ length: days }, () => 1.2 * chance());
  return {
    startMs,
    hours: days * 24,
    loadCsv: lines.join('\n'),
    celsius,
    foretold: (hour, lead) => (celsius[hour] ?? 0) + (misses[Math.floor(hour / 24)] ?? 0) * lead,
  };
}
