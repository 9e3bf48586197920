import { divide } from '@roamgrid/domain';
import { LOAD_QUERY, readLoad, SLOT_S, type Diagnosis } from '@roamgrid/offline';
import type { SignedWordsContext } from './signed-words.ts';

/** What chargers gave in quarters of an hour, as phones brought it. Spec: SECURE-8. */

type Context = Pick<SignedWordsContext, 'db' | 'nowMs'>;

const MS_PER_S = 1_000;
const MILLI_PER_WH = 1_000n;
const QUARTERS_A_DAY = 96;
/** Readings are kept so long, and no older ones are taken. */
const KEPT_QUARTERS = 32 * QUARTERS_A_DAY;

const quarterAt = (atMs: number): number => Math.floor(atMs / (SLOT_S * MS_PER_S));

/** Keeps what a charger said that it gave, each quarter of an hour once: what came first stays. One that is not over by this clock is not taken. */
export const keepLoad = async (
  { db, nowMs }: Context,
  { evseId, answers }: Pick<Diagnosis, 'evseId' | 'answers'>,
): Promise<void> => {
  const load = readLoad(answers.find(({ query }) => query === LOAD_QUERY)?.answer);
  if (load === undefined) return;
  const [now, from] = [quarterAt(nowMs()), load.fromS / SLOT_S];
  const gained = new Map(load.rows.map(({ at, milliWh }) => [at, milliWh]));
  const rows = Array.from({ length: load.quarters }, (_, at) => ({
    ...{ evse_id: evseId, quarter: from + at, milli_wh: gained.get(at) ?? 0n },
  })).filter(({ quarter }) => quarter < now && quarter >= now - KEPT_QUARTERS);
  if (rows.length === 0) return;
  await db
    .insertInto('offline_load')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .deleteFrom('offline_load')
    .where('evse_id', '=', evseId)
    .where('quarter', '<', now - KEPT_QUARTERS)
    .execute();
};

/** What all of some chargers gave in the 96 quarters of an hour before an instant. */
export interface DayLoad {
  /** To the nearest Wh, halves to the even one. */
  readonly readingsWh: readonly bigint[];
  /** Of each charger's 96 quarters, those of which nobody brought a reading: they count as nothing. */
  readonly missing: number;
}

export const dayLoadOf = async (
  { db }: Pick<Context, 'db'>,
  chargers: readonly string[],
  untilMs: number,
): Promise<DayLoad> => {
  const until = quarterAt(untilMs);
  const rows = await db
    .selectFrom('offline_load')
    .select(['quarter', 'milli_wh'])
    .where('evse_id', 'in', [...new Set(chargers)])
    .where('quarter', '>=', until - QUARTERS_A_DAY)
    .where('quarter', '<', until)
    .execute();
  const sums = Array.from({ length: QUARTERS_A_DAY }, () => 0n);
  for (const { quarter, milli_wh: milliWh } of rows) {
    const at = quarter - until + QUARTERS_A_DAY;
    sums[at] = (sums[at] ?? 0n) + milliWh;
  }
  return {
    readingsWh: sums.map((milliWh) => divide(milliWh, MILLI_PER_WH, 'half-even')),
    missing: new Set(chargers).size * QUARTERS_A_DAY - rows.length,
  };
};
