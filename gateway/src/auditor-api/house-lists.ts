import { reply, route, type Route } from '@roamgrid/service-kit';
import {
  auditedEnergyCredits,
  auditedHouseBatches,
  energyCreditRecord,
  houseBatchRecord,
  houseEntry,
  houseHeader,
  houseRef,
  sha256Hex,
  stateKey,
  unpackBodies,
  type auditedHouseBatch,
  type HouseConfirmation,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { pageOf, paging, splitCursor } from './page.ts';
import type { AuditorContext } from './routes.ts';

type Db = Kysely<GatewayDb>;

/** A batch with the block and the transaction that wrote it. */
export const confirmationOf = async (
  db: Db,
  house: string,
  number: number,
): Promise<HouseConfirmation | undefined> => {
  const row = await db
    .selectFrom('house_batch')
    .select('record')
    .where('house_ref', '=', house)
    .where('number', '=', number)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { block_number, transaction_id } = await db
    .selectFrom('touched')
    .innerJoin('ledger_transaction', (join) =>
      join
        .onRef('ledger_transaction.block_number', '=', 'touched.block_number')
        .onRef('ledger_transaction.tx_index', '=', 'touched.tx_index'),
    )
    .select(['touched.block_number', 'transaction_id'])
    .where('record_key', '=', stateKey.houseBatch(house, number))
    .where('valid', '=', true)
    .executeTakeFirstOrThrow();
  return {
    record: houseBatchRecord.parse(row.record),
    ...{ blockNumber: block_number.toString(), transactionId: transaction_id },
  };
};

const entriesOf = (place: string, packed: string) => {
  const texts = unpackBodies(packed);
  if (!texts.ok) throw new Error(`entries of ${place}: ${texts.error.message}`);
  return texts.value.map((text) => houseEntry.parse(JSON.parse(text)));
};

const listBatches = async (db: Db, house: string, after: number, limit: number) => {
  const rows = await db
    .selectFrom('house_batch')
    .leftJoin('house_body', (join) =>
      join
        .onRef('house_body.house_ref', '=', 'house_batch.house_ref')
        .onRef('house_body.number', '=', 'house_batch.number'),
    )
    .select(['house_batch.number', 'header', 'entries'])
    .where('house_batch.house_ref', '=', house)
    .where('house_batch.number', '>', after)
    .orderBy('house_batch.number')
    .limit(limit + 1)
    .execute();
  const shown: z.output<typeof auditedHouseBatch>[] = [];
  for (const { number, header, entries } of rows.slice(0, limit)) {
    const confirmed = await confirmationOf(db, house, number);
    if (confirmed === undefined) continue;
    shown.push({
      ...confirmed,
      ...(header !== null && { header: houseHeader.parse(JSON.parse(header)) }),
      ...(entries !== null && { entries: entriesOf(`${house} ${number}`, entries) }),
    });
  }
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown, ...(last !== undefined && { cursor: last.record.number.toString() }) };
};

const listCredits = async (db: Db, holder: string, after: string, limit: number) => {
  const [fromWh, creditId] = splitCursor(after);
  const rows = await db
    .selectFrom('energy_credit')
    .select(['credit_id', 'from_wh', 'record'])
    .where('holder', '=', holder)
    .where(({ eb, or, and }) =>
      or([eb('credit_id', '>', creditId), and([eb('credit_id', '=', creditId), eb('from_wh', '>', fromWh)])]),
    )
    .orderBy('credit_id')
    .orderBy('from_wh')
    .limit(limit + 1)
    .execute();
  return pageOf(
    rows,
    limit,
    ({ record }) => energyCreditRecord.parse(record),
    ({ credit_id, from_wh }) => `${from_wh}/${credit_id}`,
  );
};

/** What houses recorded, entries where this utility is a party, and what vehicles' keys hold. */
export const houseLists = ({ db, auth }: AuditorContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/auditor/v1/houses/{houseRef}/batches',
    summary: 'What a house’s panel recorded, batch by batch; entries where this utility is a party',
    auth,
    params: z.strictObject({ houseRef }),
    query: z.strictObject({
      after: z.coerce.number().pipe(z.int().min(0)).default(0),
      limit: z.coerce.number().pipe(z.int().min(1).max(50)).default(20),
    }),
    answers: { 200: auditedHouseBatches },
    handler: async ({ params, query: { after, limit } }) =>
      reply(200, await listBatches(db, params.houseRef, after, limit)),
  }),
  route({
    method: 'get',
    path: '/auditor/v1/energy-credits',
    summary: 'Energy credits that a vehicle’s key holds',
    auth,
    query: z.strictObject({ ...paging, holder: sha256Hex }),
    answers: { 200: auditedEnergyCredits },
    handler: async ({ query: { holder, after = '', limit } }) =>
      reply(200, await listCredits(db, holder, after, limit)),
  }),
];
