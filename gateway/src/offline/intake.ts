import { createHash } from 'node:crypto';
import { openCarried, signReceipt, type IssuerList, type SealedFor } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import type { CarriedAnswer, CarriedRecords, CarriedState } from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { isCertified } from './certify.ts';
import type { ChargerKeys } from './charger-keys.ts';
import { keepLeave } from './leaves.ts';
import { allIssuers, proveRecord } from './prove.ts';

export interface IntakeContext {
  readonly utilityId: string;
  readonly channel: string;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  readonly keys: ChargerKeys;
  readonly nowMs: () => number;
}

/** Records that say different things under one number: a charger makes one, a cheat may make others. */
const MOST_RIVALS = 4;
/** Records of one token that wait: it has twenty sessions at most. */
const MOST_OF_TOKEN = 40;
/** Numbers in one receipt. */
const MOST_SETTLED = 200;

type Named = Pick<SealedFor, 'evseId' | 'number'>;
type Stored = Pick<CarriedState, 'state' | 'code' | 'message'>;

const stated = ({ evseId, number }: Named, stored: Stored): CarriedState => ({ evseId, number, ...stored });
const refused = (code: string, message: string): Stored => ({ state: 'refused', code, message });

/** How records of a number stand: this one by its hash, and whether another one is booked. */
const standing = async (
  db: Kysely<GatewayDb>,
  { evseId, number }: Named,
  plainHash: string,
): Promise<Stored | undefined> => {
  const rows = await db
    .selectFrom('offline_record')
    .select(['plain_hash', 'state', 'refusal_code', 'refusal_text'])
    .where('evse_id', '=', evseId)
    .where('outlet_number', '=', BigInt(number))
    .execute();
  const own = rows.find(({ plain_hash }) => plain_hash === plainHash);
  if (own !== undefined)
    return {
      state: own.state,
      ...(own.refusal_code !== null && { code: own.refusal_code, message: own.refusal_text ?? '' }),
    };
  if (rows.some(({ state }) => state === 'booked'))
    return refused('NUMBER_TAKEN', 'another session has this number of the outlet');
  return rows.length >= MOST_RIVALS
    ? refused('NUMBER_TAKEN', 'too many records say different things under this number')
    : undefined;
};

const takeOne = async (context: IntakeContext, issuers: IssuerList, carried: SealedFor): Promise<Stored> => {
  const { db, keys } = context;
  if (!(await isCertified(db, carried.evseId)))
    return refused('CHARGER_UNKNOWN', `no charger of this utility was set up at ${carried.evseId}`);
  const opened = await openCarried(NODE_SUITE, keys.readers, carried);
  if (opened === undefined)
    return refused(
      'RECORD_UNREADABLE',
      'it is not sealed for this utility, or is another outlet’s or number’s',
    );
  const plainHash = createHash('sha256').update(opened.plain).digest('hex');
  const before = await standing(db, carried, plainHash);
  if (before !== undefined) return before;
  const proven = await proveRecord(issuers, opened.record);
  if (!proven.ok) return refused(proven.error.code, proven.error.message);
  const tokenId = Buffer.from(proven.value.tokenId).toString('hex');
  const { waiting } = await db
    .selectFrom('offline_record')
    .select(sql<number>`count(*)::int`.as('waiting'))
    .where('token_id', '=', tokenId)
    .executeTakeFirstOrThrow();
  if (waiting >= MOST_OF_TOKEN) return refused('TOKEN_SPENT', `${waiting} records of its token are here`);
  await db
    .insertInto('offline_record')
    .values({
      ...{ evse_id: carried.evseId, outlet_number: BigInt(carried.number), plain_hash: plainHash },
      ...{ record: Buffer.from(opened.plain).toString('base64url'), token_id: tokenId, state: 'taken' },
      ...{ refusal_code: null, refusal_text: null },
      ...{ taken_at_ms: context.nowMs(), next_at_ms: context.nowMs() },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return { state: 'taken' };
};

/** A signed word that a charger may forget sessions of these numbers. */
const receiptFor = async ({ keys }: IntakeContext, evseId: string, numbers: readonly number[]) => ({
  evseId,
  receipt: Buffer.from(await signReceipt({ evseId, numbers }, keys.signer)).toString('base64url'),
});

/** Records that nothing more will come of: booked, or signed by the outlet's own meter and refused for good. */
const settledAt = (db: Kysely<GatewayDb>, evseId: string) =>
  db
    .selectFrom('offline_record')
    .leftJoin('offline_unpaid', (join) =>
      join
        .onRef('offline_unpaid.evse_id', '=', 'offline_record.evse_id')
        .onRef('offline_unpaid.outlet_number', '=', 'offline_record.outlet_number'),
    )
    .select('offline_record.outlet_number as number')
    .distinct()
    .where('offline_record.evse_id', '=', evseId)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'booked'),
        eb.and([eb('state', '=', 'refused'), eb('offline_unpaid.meter_id', 'is not', null)]),
      ]),
    );

/** The latest settled sessions of an outlet, for a phone on its way there; undefined when there is none. */
export const receiptOf = async (context: IntakeContext, evseId: string): Promise<string | undefined> => {
  const rows = await settledAt(context.db, evseId).orderBy('number', 'desc').limit(MOST_SETTLED).execute();
  if (rows.length === 0) return undefined;
  const numbers = rows.map(({ number }) => Number(number)).reverse();
  return (await receiptFor(context, evseId, numbers)).receipt;
};

/** Receipts for what of some records is settled. */
const receiptsFor = async (context: IntakeContext, records: readonly Named[]) => {
  const receipts: { evseId: string; receipt: string }[] = [];
  for (const evseId of new Set(records.map((each) => each.evseId))) {
    const brought = records.filter((each) => each.evseId === evseId).map(({ number }) => BigInt(number));
    const rows = await settledAt(context.db, evseId)
      .where('offline_record.outlet_number', 'in', brought)
      .orderBy('number')
      .execute();
    const numbers = rows.map(({ number }) => Number(number));
    if (numbers.length > 0) receipts.push(await receiptFor(context, evseId, numbers));
  }
  return receipts;
};

/**
 * Takes what a phone brought: each record once by what it says, whoever brings it, how often and in which order. A phone may forget what is `taken`; a
 * charger forgets what a receipt names, which is what is booked, and what its meter signed and nobody will ever pay.
 */
export const takeRecords = async (
  context: IntakeContext,
  { records, leaves }: CarriedRecords,
): Promise<CarriedAnswer> => {
  // One that does not verify helps nobody, and hinders nothing.
  for (const leave of leaves) await keepLeave(context, leave);
  const named = records.map(({ evseId, number, sealed }) => ({
    ...{ evseId, number },
    bytes: new Uint8Array(Buffer.from(sealed, 'base64url')),
  }));
  const issuers = await allIssuers(context.registry);
  const states: CarriedState[] = [];
  for (const carried of named) states.push(stated(carried, await takeOne(context, issuers, carried)));
  return { records: states, receipts: await receiptsFor(context, named) };
};
