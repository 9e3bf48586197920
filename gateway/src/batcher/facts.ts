import {
  demandChunkRecord,
  instantMs,
  laneParts,
  parseSessionId,
  sessionCommands,
  sessionNote,
  sha256Hex,
} from '@roamgrid/wire';
import { unwrap } from '@roamgrid/domain';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';

/** What was accepted at the edge and has to reach the ledger. Each kind has a payload in wire form. */
const openFact = z.strictObject({
  /** SHA-256 of the SessionOpenBody's canonical text. */
  openHash: sha256Hex,
});

const settleFact = z.strictObject({
  /** Canonical texts of SessionOpenBody and SessionCloseBody. */
  openText: z.string(),
  closeText: z.string(),
  /** Id of the key that signed the end. */
  meterId: z.string(),
  endMs: instantMs,
  /** Demand that was on the ledger when charging ended, under an agreement that adapts to it. */
  demand: z.array(demandChunkRecord).exactOptional(),
});
export type SettleFact = z.infer<typeof settleFact>;

const voidFact = z.strictObject({ reason: sessionCommands.void.shape.reason });

/** The end of a session that cannot be settled for now. */
const claimFact = z.strictObject({
  /** SHA-256 of the settled session's text. */
  textHash: sha256Hex,
});

const schemas = {
  open: openFact,
  note: sessionNote,
  settle: settleFact,
  void: voidFact,
  claim: claimFact,
} as const;
export type FactKind = keyof typeof schemas;
export type PayloadOf<K extends FactKind> = z.output<(typeof schemas)[K]>;

/** The table's entry, with its type narrowed by the kind, which the compiler does not do by itself. */
const schemaOf = <K extends FactKind>(kind: K) => schemas[kind] as unknown as z.ZodType<PayloadOf<K>>;

export const payloadOf = <K extends FactKind>(kind: K, stored: unknown): PayloadOf<K> =>
  schemaOf(kind).parse(stored);

/**
 * Facts of one queue are told one command at a time. Openings and notes go by lane; ends of sessions go by group of
 * stations, whoever's customers charged there, because they share the meters' book.
 */
export const queueOf = (kind: FactKind, laneId: string): string =>
  kind === 'open' || kind === 'note' ? `${kind}/${laneId}` : `end/${laneParts(laneId).group}`;

/** A fact as it is accepted. */
export interface NewFact<K extends FactKind> {
  readonly kind: K;
  readonly sessionId: string;
  readonly agreementId: string;
  readonly payload: PayloadOf<K>;
}

/** Where a fact was put. */
export interface QueuedFact {
  readonly queue: string;
  readonly laneId: string;
}

export interface WaitingFact<K extends FactKind> {
  readonly factId: bigint;
  readonly sessionId: string;
  readonly number: number;
  readonly acceptedAtMs: number;
  readonly payload: PayloadOf<K>;
}

export type Db = Kysely<GatewayDb> | Transaction<GatewayDb>;

const settleColumns = (fact: NewFact<FactKind>) => {
  if (fact.kind !== 'settle') return { meter_id: null, end_ms: null };
  const { meterId, endMs } = fact.payload as SettleFact;
  return { meter_id: meterId, end_ms: BigInt(endMs) };
};

/**
 * Keeps a fact; the same fact again changes nothing.
 * @returns the queue to wake once the caller's SQL transaction is committed.
 */
export const acceptFact = async <K extends FactKind>(
  db: Db,
  fact: NewFact<K>,
  nowMs: number,
): Promise<QueuedFact> => {
  const { kind, sessionId, agreementId, payload } = fact;
  const { laneId, number } = unwrap(parseSessionId(sessionId));
  const queue = queueOf(kind, laneId);
  const part = 'sequence' in payload ? `/${payload.sequence}` : '';
  await db
    .insertInto('fact')
    .values({
      queue,
      kind,
      fact_key: `${kind}/${sessionId}${part}`,
      session_id: sessionId,
      lane_id: laneId,
      number,
      agreement_id: agreementId,
      ...settleColumns(fact),
      payload: JSON.stringify(schemaOf(kind).encode(payload)),
      accepted_at_ms: BigInt(nowMs),
      state: 'pending',
      command_id: null,
      refusal_code: null,
      refusal_text: null,
    })
    .onConflict((conflict) => conflict.column('fact_key').doNothing())
    .execute();
  return { queue, laneId };
};

/** Refusal of what belongs to a session whose opening was refused: it waits parked until that one is told again. */
export const OPEN_REFUSED = 'OPEN_REFUSED';

/** Parks facts that cannot be told because their session's opening is parked. */
export const parkOrphans = async (db: Db, queue: string): Promise<void> => {
  await db
    .updateTable('fact')
    .set({ state: 'parked', refusal_code: OPEN_REFUSED, refusal_text: 'the session is not on the ledger' })
    .where('queue', '=', queue)
    .where('state', '=', 'pending')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('fact as opened')
          .select('opened.fact_id')
          .whereRef('opened.session_id', '=', 'fact.session_id')
          .where('opened.kind', '=', 'open')
          .where('opened.state', '=', 'parked'),
      ),
    )
    .execute();
};

/** When the next fact that was put aside is due again. */
export const nextDeferredMs = async (db: Db, queue: string): Promise<number | undefined> => {
  const row = await db
    .selectFrom('fact')
    .select('not_before_ms')
    .where('queue', '=', queue)
    .where('state', '=', 'pending')
    .where('not_before_ms', '>', 0n)
    .orderBy('not_before_ms')
    .limit(1)
    .executeTakeFirst();
  return row && Number(row.not_before_ms);
};
