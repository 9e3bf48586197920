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

/** What chargers gave together in a quarter of an hour, to the nearest Wh, halves to the even one. */
export interface GivenQuarter {
  readonly givenWh: bigint;
  /** Of how many chargers a reading came: others count as nothing. */
  readonly known: number;
  readonly isWhole: boolean;
}

/** What all of some chargers gave in each of so many quarters of an hour from an instant on. */
export const chargersLoad = async (
  { db }: Pick<Context, 'db'>,
  chargers: readonly string[],
  fromMs: number,
  quarters: number,
): Promise<readonly GivenQuarter[]> => {
  const [from, evseIds] = [quarterAt(fromMs), [...new Set(chargers)]];
  const rows = await db
    .selectFrom('offline_load')
    .select(['quarter', 'milli_wh'])
    .where('evse_id', 'in', evseIds)
    .where('quarter', '>=', from)
    .where('quarter', '<', from + quarters)
    .execute();
  return Array.from({ length: quarters }, (_, at) => {
    const here = rows.filter(({ quarter }) => quarter === from + at);
    const milliWh = here.reduce((sum, row) => sum + row.milli_wh, 0n);
    return {
      ...{ givenWh: divide(milliWh, MILLI_PER_WH, 'half-even'), known: here.length },
      isWhole: here.length === evseIds.length,
    };
  });
};

/** The 96 quarters of an hour before an instant. */
export interface DayLoad {
  readonly readingsWh: readonly bigint[];
  /** Of each charger's 96 quarters, those of which a reading came, and those of which nobody brought one: they count as nothing. */
  readonly known: number;
  readonly missing: number;
}

export const dayLoadOf = async (
  context: Pick<Context, 'db'>,
  chargers: readonly string[],
  untilMs: number,
): Promise<DayLoad> => {
  const fromMs = untilMs - QUARTERS_A_DAY * SLOT_S * MS_PER_S;
  const day = await chargersLoad(context, chargers, fromMs, QUARTERS_A_DAY);
  const known = day.reduce((sum, quarter) => sum + quarter.known, 0);
  return {
    readingsWh: day.map(({ givenWh }) => givenWh),
    ...{ known, missing: new Set(chargers).size * QUARTERS_A_DAY - known },
  };
};
