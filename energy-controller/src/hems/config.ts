import { duration } from '@roamgrid/service-kit/runtime';
import { naturalMicrosCodec, powerWCodec, recordId, timeZoneName } from '@roamgrid/wire';
import { z } from 'zod';

/** When a group's cars have to be charged, and how much of a public place is open. Spec: HOME-5 */
const groups = z.strictObject({
  /** Cars of this group are done when the shift ends: minutes of the local day, on days of the week (0 is Sunday). */
  commercial: z
    .array(
      z
        .strictObject({
          days: z.array(z.int().min(0).max(6)).min(1).max(7),
          fromMinute: z.int().min(0).max(1_439),
          untilMinute: z.int().min(1).max(1_440),
        })
        .refine(({ fromMinute, untilMinute }) => fromMinute < untilMinute, 'a shift ends after it begins'),
    )
    .max(14)
    .default([]),
  /** Of the public chargers at least this part is open, and above this demand of the grid no more than it, parts per thousand. */
  public: z
    .strictObject({
      leastPermille: z.int().min(0).max(1_000).default(250),
      demandPermille: z.int().min(0).max(2_000).default(800),
    })
    .prefault({}),
});

/** How a house plans. Without it a site is not planned over days. */
export const homeConfig = z.strictObject({
  slotMs: z.int().min(300_000).max(3_600_000).default(900_000),
  /** 48 hours of quarters. */
  slots: z.int().min(8).max(192).default(192),
  timeZone: timeZoneName.default('Etc/UTC'),
  /** The tariff on the ledger by which its charges are billed; prices that are told hold only without it. */
  tariff: z.strictObject({ tariffId: recordId, everyMs: duration(60_000) }).exactOptional(),
  /** Under which its charges are billed: told to its chargers. */
  contractId: z.string().min(1).max(64).exactOptional(),
  /** Where nobody says a price. */
  priceMicrosPerKWh: naturalMicrosCodec.prefault('0'),
  /** What a battery loses in worth by a kWh that it gives. */
  wearMicrosPerKWh: naturalMicrosCodec.prefault('20000'),
  /** The plan is made anew when what was bought since is so much more or less than planned, Wh. */
  departsWh: naturalMicrosCodec.prefault('500'),
  /** From this demand of the grid on it is a surge, parts per thousand. */
  surgePermille: z.int().min(1).max(2_000).default(900),
  /** It has become colder by so much within six hours: thousandths of a degree. */
  dropMilliC: z.int().min(500).max(50_000).default(5_000),
  /** What the house takes more for each degree, W. */
  heatingWPerDegree: powerWCodec.prefault('0'),
  /** Courses of load and sun that it plans for at once, by its own days before. */
  courses: z.int().min(1).max(10).default(3),
  groups: groups.prefault({}),
});
export type HomeConfig = z.output<typeof homeConfig>;
