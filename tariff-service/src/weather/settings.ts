import { z } from 'zod';
import { areaId } from '../http/ids.ts';
import { MINUTE_MS } from '../time/zone.ts';
import type { WeatherProvider } from './open-meteo.ts';

/** A model's run is published within this, with the slowest of the great ones. */
export const PROVIDER_DELAY_MINUTES = 480;

/** Where the forecasting service has its weather from; left out, it asks nobody and forecasts from load alone. */
export const weatherSettings = z.strictObject({
  /** Whole address of the endpoint, see `open-meteo.ts`. */
  url: z.url({ protocol: /^https?$/u }),
  /** From the run of a model to its publication. */
  delayMinutes: z.int().min(0).max(2880).default(PROVIDER_DELAY_MINUTES),
  /** The place that stands for each area; an area without one is forecast from load alone. */
  places: z.record(
    areaId,
    z.strictObject({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      models: z.array(z.string().min(1).max(64)).max(8).default([]),
    }),
  ),
});
export type WeatherSettings = z.input<typeof weatherSettings>;

/** A provider as a job carries it to its thread: the clock as the instant at which the job was asked for. */
export type JobWeather = Omit<WeatherProvider, 'nowMs'> & { readonly askedMs: number };

/** What an area's jobs ask; undefined where nothing is set for it. */
export function jobWeather(
  settings: z.output<typeof weatherSettings> | undefined,
  area: string,
  cacheDirectory: string,
  askedMs: number,
): JobWeather | undefined {
  const place = settings?.places[area];
  if (settings === undefined || place === undefined) return undefined;
  return {
    ...place,
    url: settings.url,
    delayMs: settings.delayMinutes * MINUTE_MS,
    cacheDirectory,
    askedMs,
  };
}
