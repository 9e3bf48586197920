import { z } from 'zod';

/** What whoever runs the simulated site tells it, a line of JSON each, and what it answers. Powers are decimal strings of watts. */

// Written out: a process that stands for three small devices loads no more than it needs.
const naturalW = z.codec(z.string().regex(/^\d{1,12}$/), z.bigint(), { decode: BigInt, encode: String });
const integerW = z.string().regex(/^-?\d{1,12}$/);

/** Its first argument. */
export const siteSetup = z.strictObject({
  startMs: z.int(),
  gridW: naturalW,
  sunPeakW: naturalW,
  batteryW: naturalW,
  batteryCapacityWh: naturalW,
  batteryStoredWh: naturalW,
});
export type SiteSetup = z.input<typeof siteSetup>;

export const siteWord = z.strictObject({
  /** Time passes to it. */
  atMs: z.int().optional(),
  loadW: naturalW.optional(),
  isFeedOut: z.boolean().optional(),
});
export type SiteWord = z.input<typeof siteWord>;

/** Its first line. */
export const siteReady = z.strictObject({ meter: z.int(), inverter: z.int(), battery: z.int() });

export const siteView = z.strictObject({
  atMs: z.int(),
  gridW: integerW,
  sunW: integerW,
  batteryW: integerW,
  storedWh: integerW,
});
export type SiteView = z.output<typeof siteView>;
