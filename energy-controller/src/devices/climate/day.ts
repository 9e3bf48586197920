import { z } from 'zod';

/** A day as no place on earth has it: from −45 °C at night to 60 °C after noon, while the blades' load comes and goes. */

const QUARTER_MS = 900_000;
const LOOK_EVERY_MS = 20_000;
const COLDEST_MILLI_C = -45_000;
const HOTTEST_MILLI_C = 60_000;

export interface DayOf {
  tell(action: Readonly<Record<string, unknown>>): Promise<void>;
  pass(ms: number, stepMs: number): Promise<void>;
  world(): Promise<Readonly<Record<string, unknown>>>;
}

const daySeen = z.object({
  lowestMilliC: z.int(),
  highestMilliC: z.int(),
  /** How long the pump cooled, and heated. */
  cooledS: z.int(),
  heatedS: z.int(),
});
export type DaySeen = z.infer<typeof daySeen>;

/** Lives through the day by the quarter of an hour, looking every twenty seconds. */
export const liveThroughDay = async (day: DayOf): Promise<DaySeen> => {
  // As cold inside as it may be: the night lets it fall further.
  await day.tell({ do: 'set-temperature', milliC: -39_000 });
  for (let quarter = 0; quarter < 96; quarter += 1) {
    const middle = (HOTTEST_MILLI_C + COLDEST_MILLI_C) / 2;
    const swing = (HOTTEST_MILLI_C - COLDEST_MILLI_C) / 2;
    const milliC = Math.round(middle - swing * Math.cos((quarter / 96) * 2 * Math.PI));
    await day.tell({ do: 'weather', milliC });
    // At night a fast charge suspends the blades, by day they work.
    await day.tell({ do: 'load', microKPerS: quarter < 24 || quarter >= 84 ? 0 : 10_000 });
    await day.pass(QUARTER_MS, LOOK_EVERY_MS);
  }
  const { lowestMilliC, highestMilliC, cooledS, heatedS } = daySeen.parse(await day.world());
  return { lowestMilliC, highestMilliC, cooledS, heatedS };
};
