import { z } from 'zod';

const composite = z.strictObject({
  startMs: z.int(),
  durationS: z.int(),
  unit: z.enum(['A', 'W']),
  periods: z.array(z.strictObject({ startS: z.int(), limitTenths: z.int(), phases: z.int().optional() })),
});
export type CompositeSchedule = z.output<typeof composite>;

/** What a station answered, and what is known of a command that it did not answer. */
export const commandAnswer = z.strictObject({
  /** `unknown`: it was sent and no answer came, so nobody knows whether the station did it. */
  outcome: z.enum(['accepted', 'scheduled', 'rejected', 'unsupported', 'unknown']),
  /** In the station’s own words. */
  said: z.string().optional(),
  /** Of a `start`, where the station told it. */
  transactionId: z.string().optional(),
  schedule: composite.optional(),
  /** Of a log. */
  fileName: z.string().optional(),
  /** Those that a station has, without the tokens that it has them for; of what was cleared, what the station said to each. */
  tariffs: z
    .array(
      z.strictObject({
        tariffId: z.string().optional(),
        kind: z.string().optional(),
        evses: z.array(z.int()).optional(),
        validFromMs: z.int().optional(),
        said: z.string().optional(),
      }),
    )
    .optional(),
  settings: z
    .array(z.strictObject({ name: z.string(), value: z.string().optional(), said: z.string().optional() }))
    .optional(),
});
export type CommandAnswer = z.output<typeof commandAnswer>;
