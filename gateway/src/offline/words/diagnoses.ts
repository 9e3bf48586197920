import { LOAD_QUERY, openDiagnosis, type Diagnosis } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { chargerSaid, type ChargerSaid, type shownCharger } from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../../problems.ts';
import { keepLoad } from './load-readings.ts';
import type { SignedWordsContext } from './signed-words.ts';

/** What chargers say of themselves, and what of it is kept: the last of each. */

const MS_PER_S = 1_000;

/** As JSON has it: a whole number that it does not hold is a text. */
const plain = (value: unknown): z.infer<ReturnType<typeof z.json>> => {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url');
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
};

const saidOf = (diagnosis: Diagnosis, takenAtMs: number): ChargerSaid => {
  const { bootCounter, uptimeMs, atS, versions, firmware, answers } = diagnosis;
  return {
    ...{ takenAtMs, bootCounter, uptimeMs, versions: Object.fromEntries(versions) },
    ...(atS !== undefined && { saidAtMs: atS * MS_PER_S }),
    ...(firmware && { firmware }),
    // Readings are kept by themselves.
    answers: Object.fromEntries(
      answers.filter(({ query }) => query !== LOAD_QUERY).map(({ query, answer }) => [query, plain(answer)]),
    ),
  };
};

/** The key that the utility vouched for at an outlet, as it is kept. @throws ServiceError OFFLINE_OUTLET_UNKNOWN */
export const chargerKeyOf = async ({ db }: Pick<SignedWordsContext, 'db'>, evseId: string) => {
  const charger = await db
    .selectFrom('offline_charger')
    .select('key_point')
    .where('evse_id', '=', evseId)
    .executeTakeFirst();
  if (charger === undefined)
    throw gatewayError('OFFLINE_OUTLET_UNKNOWN', `no charger was set up at ${evseId}`);
  const [x = '', y = ''] = charger.key_point.split('.');
  const part = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
  return { keyPoint: charger.key_point, key: { x: part(x), y: part(y) } };
};

/**
 * Takes what a phone brought of a charger. What it said later stays, whoever comes after; the same again is taken as it was.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN, OFFLINE_DIAGNOSIS_INVALID
 */
export const takeDiagnosis = async (
  context: SignedWordsContext,
  evseId: string,
  sealed: string,
): Promise<'taken' | 'older'> => {
  const { db, keys } = context;
  const { keyPoint, key } = await chargerKeyOf(context, evseId);
  const bytes = new Uint8Array(Buffer.from(sealed, 'base64url'));
  const diagnosis = await openDiagnosis(NODE_SUITE, keys.readers, { evseId, key }, bytes);
  if (diagnosis === undefined)
    throw gatewayError(
      'OFFLINE_DIAGNOSIS_INVALID',
      `the charger at ${evseId} did not sign it for this utility`,
    );
  // Of whatever it said, and not of the last alone: two phones may bring other days.
  await keepLoad(context, diagnosis);
  const [boots, uptime] = [BigInt(diagnosis.bootCounter), BigInt(diagnosis.uptimeMs)];
  const said = JSON.stringify(z.encode(chargerSaid, saidOf(diagnosis, context.nowMs())));
  const row = { key_point: keyPoint, boot_counter: boots, uptime_ms: uptime, said };
  const kept = await db
    .insertInto('offline_said')
    .values({ evse_id: evseId, ...row })
    .onConflict((conflict) =>
      conflict
        .column('evse_id')
        .doUpdateSet(row)
        .where((eb) =>
          eb.or([
            eb('offline_said.key_point', '!=', keyPoint),
            eb('offline_said.boot_counter', '<', boots),
            eb.and([eb('offline_said.boot_counter', '=', boots), eb('offline_said.uptime_ms', '<=', uptime)]),
          ]),
        ),
    )
    .executeTakeFirst();
  return kept.numInsertedOrUpdatedRows === 1n ? 'taken' : 'older';
};

/** What a charger said last of itself. */
export const lastSaid = async (
  { db }: Pick<SignedWordsContext, 'db'>,
  evseId: string,
): Promise<ChargerSaid | undefined> => {
  const row = await db
    .selectFrom('offline_said')
    .innerJoin('offline_charger', (join) =>
      join
        .onRef('offline_charger.evse_id', '=', 'offline_said.evse_id')
        .onRef('offline_charger.key_point', '=', 'offline_said.key_point'),
    )
    .select('offline_said.said')
    .where('offline_said.evse_id', '=', evseId)
    .executeTakeFirst();
  return row && chargerSaid.parse(row.said);
};

/** Chargers with what was said to them and by them, by outlet. */
export const shownChargersOf = async (
  { db }: Pick<SignedWordsContext, 'db'>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<z.output<typeof shownCharger>[]> => {
  const rows = await db
    .selectFrom('offline_charger')
    .select(['evse_id', 'until_ms'])
    .where('evse_id', '>', after)
    .orderBy('evse_id')
    .limit(limit)
    .execute();
  return Promise.all(
    rows.map(async ({ evse_id: evseId, until_ms: certifiedUntilMs }) => {
      const words = await db
        .selectFrom('offline_word')
        .select(['kind', 'version', 'made_at_ms'])
        .where('subject', '=', evseId)
        .execute();
      const said = await lastSaid({ db }, evseId);
      const set = words.map(({ kind, version, made_at_ms: madeAtMs }) => [
        kind,
        { version: Number(version), madeAtMs },
      ]);
      return {
        ...{ evseId, certifiedUntilMs, set: Object.fromEntries(set) as Record<string, never> },
        ...(said && { said }),
      };
    }),
  );
};
