import { signUnavailableList, UNAVAILABLE_LIMITS } from '@roamgrid/offline';
import { kitError } from '@roamgrid/service-kit';
import { instantMs, unavailableChargers, type UnavailableChargers } from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import { stationOf } from '../certify.ts';
import { requireOutlet, type RulesContext } from './rules.ts';
import { keepWord, siteNaming, siteSubject, wordForSiteOf, type SignedWord } from './signed-words.ts';

const MS_PER_S = 1_000;

/** A site's list as it is kept: with until when each charger, by any list before, may believe that nobody starts there. */
const keptList = unavailableChargers.extend({
  untilMs: z.record(z.string(), instantMs).default({}),
});

type KeptList = z.output<typeof keptList>;

const readList = (text: string): KeptList => keptList.parse(JSON.parse(text));

/** Until when chargers may believe that nobody starts there, by any of these lists: which of them they have heard nobody knows. */
const believedUntil = (lists: readonly KeptList[]): ReadonlyMap<string, number> => {
  const until = new Map<string, number>();
  for (const { unavailable, untilMs: before } of lists)
    for (const [evseId, untilMs] of [
      ...Object.entries(before),
      ...unavailable.map((row) => [row.evseId, row.untilMs] as const),
    ])
      until.set(evseId, Math.max(until.get(evseId) ?? 0, untilMs));
  return until;
};

/** Other sites' lists that name some of a site's chargers: they come from there, and may have heard them. */
const listsElsewhere = async (
  { db }: Pick<RulesContext, 'db'>,
  subject: string,
  chargers: readonly string[],
): Promise<readonly KeptList[]> =>
  (
    await db
      .selectFrom('offline_word')
      .select('said')
      .where('kind', '=', 'unavailable')
      .where('subject', '<>', subject)
      .where(sql<boolean>`jsonb_exists_any(said::jsonb -> 'chargers', ${[...chargers]}::text[])`)
      .execute()
  ).map(({ said }) => readList(said));

const checkList = (context: RulesContext, { chargers, unavailable }: UnavailableChargers): void => {
  for (const evseId of chargers) requireOutlet(context, evseId);
  if (unavailable.length > UNAVAILABLE_LIMITS.rows)
    throw kitError(
      'INVALID_REQUEST',
      `${unavailable.length} rows, a list has at most ${UNAVAILABLE_LIMITS.rows}`,
    );
  for (const { evseId, fromMs, untilMs } of unavailable) {
    if (!chargers.includes(evseId)) throw kitError('INVALID_REQUEST', `${evseId} is no charger of the site`);
    if (fromMs >= untilMs) throw kitError('INVALID_REQUEST', `${evseId}: it ends before it begins`);
  }
};

/**
 * A charger hears of no list that leaves it out, and would keep what an earlier one said of it: it is named until that is over, or by a later list of
 * another site, or out of service.
 */
const requireHeard = async (
  context: RulesContext,
  subject: string,
  until: ReadonlyMap<string, number>,
  chargers: readonly string[],
): Promise<void> => {
  const nowMs = context.nowMs();
  for (const [evseId, untilMs] of until) {
    if (chargers.includes(evseId) || untilMs <= nowMs || stationOf(context, evseId) === undefined) continue;
    if ((await siteNaming(context, evseId, 'unavailable')) !== subject) continue;
    throw kitError(
      'INVALID_REQUEST',
      `${evseId} may have been told that nobody starts there until ${new Date(untilMs).toISOString()}: name it among the site's chargers until then`,
    );
  }
};

/**
 * Says at which chargers of a site nobody may start. The same again is the same word.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN; INVALID_REQUEST for a charger that is not of the site, for a time that ends before it begins, and where a
 * charger is left out that may still keep what an earlier list said of it
 */
export const setUnavailable = async (
  context: RulesContext,
  siteId: string,
  said: UnavailableChargers,
): Promise<SignedWord> => {
  checkList(context, said);
  const { chargers, unavailable } = said;
  const subject = siteSubject(siteId);
  return keepWord(context, { subject, kind: 'unavailable' }, async (before) => {
    const until = believedUntil([
      ...(before === undefined ? [] : [readList(before)]),
      ...(await listsElsewhere(context, subject, chargers)),
      { ...said, untilMs: {} },
    ]);
    await requireHeard(context, subject, until, chargers);
    const named = chargers.flatMap((evseId) => {
      const untilMs = until.get(evseId);
      return untilMs === undefined ? [] : [[evseId, untilMs] as const];
    });
    const rows = unavailable.map(({ evseId, fromMs, untilMs }) => ({
      ...{ evseId, fromS: Math.floor(fromMs / MS_PER_S), untilS: Math.ceil(untilMs / MS_PER_S) },
    }));
    return {
      said: JSON.stringify(z.encode(keptList, { ...said, untilMs: Object.fromEntries(named) })),
      sign: (version) => signUnavailableList({ version, chargers, unavailable: rows }, context.keys.signer),
    };
  });
};

/** The latest list that is for an outlet. */
export const unavailableFor = (
  context: Pick<RulesContext, 'db'>,
  evseId: string,
): Promise<SignedWord | undefined> => wordForSiteOf(context, evseId, 'unavailable');
