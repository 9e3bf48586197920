import { seededChance } from '@roamgrid/domain/chance';

/** Settings of a made-up load for tests and demonstrations; nothing measured. */
export interface SyntheticLoad {
  readonly days: number;
  readonly stepMinutes: number;
  readonly firstDayUtc: string;
  readonly seed: number;
  /** Relative standard deviation of the noise that no forecast can know. */
  readonly noise: number;
}

/** A load CSV (`time_utc,load_mw,temperature_c`, stamps at interval starts) with daily, weekly and yearly shape and weather. */
export function syntheticLoadCsv(settings: SyntheticLoad): string {
  const random = seededChance(settings.seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const slots = (24 * 60) / settings.stepMinutes;
  const start = Date.parse(`${settings.firstDayUtc}T00:00:00Z`);
  const lines = ['time_utc,load_mw,temperature_c'];
  let weather = 0;
  for (let index = 0; index < settings.days * slots; index++) {
    const ms = start + index * settings.stepMinutes * 60_000;
    const day = index / slots;
    const hour = (day % 1) * 24;
    const weekday = new Date(ms).getUTCDay();
    weather = 0.995 * weather + 0.3 * normal();
    const temperature =
      12 -
      9 * Math.cos((2 * Math.PI * day) / 365.25) +
      4 * Math.sin((2 * Math.PI * (hour - 9)) / 24) +
      weather;
    const shape =
      1 + 0.2 * Math.sin((2 * Math.PI * (hour - 8)) / 24) + 0.08 * Math.sin((4 * Math.PI * (hour - 5)) / 24);
    const rest = weekday === 0 || weekday === 6 ? 0.88 : 1;
    const heat = 1 + 0.012 * Math.max(0, 14 - temperature) + 0.015 * Math.max(0, temperature - 20);
    const load = 5000 * shape * rest * heat * (1 + settings.noise * normal());
    lines.push(`${new Date(ms).toISOString().slice(0, 19)}Z,${load.toFixed(2)},${temperature.toFixed(2)}`);
  }
  return `${lines.join('\n')}\n`;
}
