import {
  demandChunkRecord,
  endReason,
  instantMs,
  meterReading,
  recordId,
  salt,
  sha256Hex,
} from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';

/** What was accepted at the edge and has to reach the ledger. Each kind has a payload in wire form. */
export const openFact = z.strictObject({
  hun: z.string(),
  agreementId: recordId,
  /** SessionOpenBody, canonical. */
  body: z.string(),
  hash: sha256Hex,
});
export type OpenFact = z.infer<typeof openFact>;

export const recordFact = z.strictObject({
  hun: z.string(),
  agreementId: recordId,
  sequence: z.int().min(1),
  /** SHA-256 of the canonical JSON of `{readings, salt, sequence, sessionId}`. */
  readingHash: sha256Hex,
  salt,
});
export type RecordFact = z.infer<typeof recordFact>;

export const closeFact = z.strictObject({
  hun: z.string(),
  agreementId: recordId,
  cdrId: recordId,
  openBody: z.string(),
  openHash: sha256Hex,
  readings: z.array(meterReading),
  /** Absent when the end statement has the begin reading too. */
  signedStart: z.string().exactOptional(),
  signedEnd: z.string(),
  endReason,
  /** Demand that was on the ledger when charging ended, under an agreement that adapts to it. */
  demand: z.array(demandChunkRecord).exactOptional(),
});
export type CloseFact = z.infer<typeof closeFact>;

export const socFact = z.strictObject({
  stationId: recordId,
  atMs: instantMs,
  socPpm: z.int().min(0).max(1_000_000),
});
export type SocFact = z.infer<typeof socFact>;

const schemas = { open: openFact, record: recordFact, close: closeFact, soc: socFact } as const;
export type FactKind = keyof typeof schemas;
type PayloadOf<K extends FactKind> = z.output<(typeof schemas)[K]>;

/** The table's entry, with its type narrowed by the kind, which the compiler does not do by itself. */
const schemaOf = <K extends FactKind>(kind: K) => schemas[kind] as unknown as z.ZodType<PayloadOf<K>>;

/** Facts of one lane are told in order and one command at a time. */
export const laneOf = {
  open: ({ hun, agreementId }: OpenFact) => `open/${hun}/${agreementId}`,
  record: ({ hun, agreementId }: RecordFact) => `record/${hun}/${agreementId}`,
  /** The pair numbers its CDRs, whatever agreement they are under. */
  close: ({ hun }: CloseFact) => `close/${hun}`,
  soc: ({ stationId }: SocFact) => `soc/${stationId}`,
} as const;

export interface WaitingFact<K extends FactKind> {
  readonly factId: bigint;
  readonly sessionId: string;
  readonly acceptedAtMs: number;
  readonly payload: PayloadOf<K>;
}

type Db = Kysely<GatewayDb> | Transaction<GatewayDb>;

/**
 * Keeps a fact; the same fact again changes nothing.
 * @returns the lane to wake once the caller's SQL transaction is committed.
 */
export const acceptFact = async <K extends FactKind>(
  db: Db,
  kind: K,
  sessionId: string,
  payload: PayloadOf<K>,
  nowMs: number,
): Promise<string> => {
  const lane = (laneOf[kind] as (payload: PayloadOf<K>) => string)(payload);
  const part = 'sequence' in payload ? `/${payload.sequence}` : 'atMs' in payload ? `/${payload.atMs}` : '';
  await db
    .insertInto('fact')
    .values({
      lane,
      kind,
      fact_key: `${kind}/${sessionId}${part}`,
      session_id: sessionId,
      payload: JSON.stringify(schemaOf(kind).encode(payload)),
      accepted_at_ms: BigInt(nowMs),
      state: 'pending',
      command_id: null,
      refusal_code: null,
      refusal_text: null,
    })
    .onConflict((conflict) => conflict.column('fact_key').doNothing())
    .execute();
  return lane;
};

/** The oldest facts of a lane that wait, locked until the SQL transaction ends. */
export const waitingFacts = async <K extends FactKind>(
  trx: Transaction<GatewayDb>,
  kind: K,
  lane: string,
  limit: number,
  nowMs: number,
): Promise<WaitingFact<K>[]> => {
  const needsOpen = kind === 'close' || kind === 'soc';
  const rows = await trx
    .selectFrom('fact')
    .select(['fact_id', 'session_id', 'accepted_at_ms', 'payload'])
    .where('lane', '=', lane)
    .where('state', '=', 'pending')
    .where('not_before_ms', '<=', BigInt(nowMs))
    // A contract closes only what it has seen open.
    .$if(needsOpen, (query) =>
      query.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('fact as opened')
            .select('opened.fact_id')
            .whereRef('opened.session_id', '=', 'fact.session_id')
            .where('opened.kind', '=', 'open')
            .where('opened.state', '=', 'committed'),
        ),
      ),
    )
    .orderBy('fact_id')
    .limit(limit)
    .forUpdate()
    .execute();
  return rows.map((row) => ({
    factId: row.fact_id,
    sessionId: row.session_id,
    acceptedAtMs: Number(row.accepted_at_ms),
    payload: schemaOf(kind).parse(row.payload),
  }));
};

/** When the next fact that was put aside is due again. */
export const nextDeferredMs = async (db: Db, lane: string): Promise<number | undefined> => {
  const row = await db
    .selectFrom('fact')
    .select('not_before_ms')
    .where('lane', '=', lane)
    .where('state', '=', 'pending')
    .where('not_before_ms', '>', 0n)
    .orderBy('not_before_ms')
    .limit(1)
    .executeTakeFirst();
  return row && Number(row.not_before_ms);
};

/** Facts that can never be told because their session's opening was refused. */
export const refuseOrphans = async (db: Db, lane: string): Promise<void> => {
  await db
    .updateTable('fact')
    .set({ state: 'refused', refusal_code: 'OPEN_REFUSED', refusal_text: 'the session is not on the ledger' })
    .where('lane', '=', lane)
    .where('state', '=', 'pending')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('fact as opened')
          .select('opened.fact_id')
          .whereRef('opened.session_id', '=', 'fact.session_id')
          .where('opened.kind', '=', 'open')
          .where('opened.state', '=', 'refused'),
      ),
    )
    .execute();
};
