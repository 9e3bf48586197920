import { join } from 'node:path';
import { z } from 'zod';
import { checksOf } from '../../site/part.ts';
import { check } from '../../scenario/check.ts';
import { emptyState } from '../../system/empty-state.ts';
import { isCarParkExact, carParkRows } from './car-park-rows.ts';
import { liveCarPark, type CarParkOptions, type CarParkSeen } from './car-park.ts';
import { placePart, type PlaceSeen } from './place.ts';

const wholeNumber = z.string().regex(/^\d+$/);

/** What `roamgrid scenario offline --json` prints. */
export const offlineReport = z.strictObject({
  scenario: z.literal('offline'),
  /** What was booked of it, to the watt-hour and the micro. */
  booked: z.strictObject({
    sessions: z.int(),
    energyWh: wholeNumber,
    micros: wholeNumber,
    currency: z.literal('USD'),
  }),
  /** Meter, record, ledger, invoice, bill and account say the same, the chain verifies, and no row is missing. */
  exact: z.boolean(),
  checks: z.array(check),
});
export type OfflineReport = z.output<typeof offlineReport>;

/** Everything that was seen. */
export interface OfflineSeen {
  readonly carPark: CarParkSeen;
  readonly place: PlaceSeen;
}

/** Every row of the requirement. */
const ROWS: readonly string[] = Array.from({ length: 14 }, (_, at) => `SECURE-${at + 1}`);

const orderOf = (row: string): number => Number(row.slice(row.indexOf('-') + 1));
const sum = (amounts: readonly string[]): string =>
  amounts.reduce((all, each) => all + BigInt(each), 0n).toString();

/** The report, from what was seen and nothing else. */
export const offlineReportOf = ({ carPark, place }: OfflineSeen): OfflineReport => {
  const { sessions } = carPark.books;
  const checks = [...checksOf({ rows: carParkRows }, carPark), ...checksOf(placePart, place)];
  return {
    scenario: 'offline',
    booked: {
      sessions: sessions.length,
      energyWh: sum(sessions.map(({ energyWh }) => energyWh)),
      micros: sum(sessions.map(({ micros }) => micros)),
      currency: 'USD',
    },
    exact: isCarParkExact(carPark) && ROWS.every((each) => checks.some(({ row }) => row === each)),
    checks: checks.sort((a, b) => orderOf(a.row) - orderOf(b.row)),
  };
};

export interface OfflineStoryOptions extends CarParkOptions {
  /** Its content is replaced. */
  readonly stateDir: string;
}

/** What was seen. @throws what ended it, with where that was */
const livedOf = <T>(part: PromiseSettledResult<T>, where: string): T => {
  if (part.status === 'fulfilled') return part.value;
  const error: unknown = part.reason;
  const [why, stack] = error instanceof Error ? [error.message, error.stack] : [String(error), undefined];
  const failed = new Error(`${where}: ${why}`, { cause: error });
  if (stack !== undefined) failed.stack = `Error: ${where}: ${stack}`;
  throw failed;
};

/** Lives all of it: the car park on its ledger, and beside it a charger of whom everything is asked. */
export const liveOffline = async ({ stateDir, ...options }: OfflineStoryOptions): Promise<OfflineSeen> => {
  await emptyState(stateDir);
  let step = 'nothing';
  const progress = (text: string): void => {
    step = text;
    options.progress(text);
  };
  const beside = placePart.live(join(stateDir, 'place'));
  // Neither is left alone with its files when the other fails.
  const [carPark, place] = await Promise.allSettled([
    liveCarPark(join(stateDir, 'car-park'), { ...options, progress, beforeMeasuring: beside }),
    beside,
  ]);
  return {
    place: livedOf(place, `a charger of which everything is asked`),
    carPark: livedOf(carPark, `the car park, after “${step}”`),
  };
};

/** `roamgrid scenario offline` */
export const runOffline = async (options: OfflineStoryOptions): Promise<OfflineReport> =>
  offlineReportOf(await liveOffline(options));
