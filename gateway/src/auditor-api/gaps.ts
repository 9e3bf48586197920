import { instantMs, parseOpened, type GapReport } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { openBodies } from './opening-proof.ts';

export interface CarriedRange {
  readonly laneId: string;
  readonly fromSequence: number;
  readonly toSequence: number;
}

type Sequences = Pick<GapReport, 'lanes' | 'gaps'>;

/**
 * Numbers of CDRs that a lane's batches leave out, from 1 to the highest. A missing CDR shows here: it has no batch, and
 * no invoice passes over it.
 * @param ranges in any order.
 */
export const findGaps = (ranges: readonly CarriedRange[]): Sequences => {
  const lanes = new Map<string, number>();
  const gaps: CarriedRange[] = [];
  const ordered = [...ranges].sort((a, b) => a.fromSequence - b.fromSequence);
  for (const { laneId, fromSequence, toSequence } of ordered) {
    const last = lanes.get(laneId) ?? 0;
    if (fromSequence > last + 1) gaps.push({ laneId, fromSequence: last + 1, toSequence: fromSequence - 1 });
    lanes.set(laneId, Math.max(last, toSequence));
  }
  return {
    lanes: [...lanes].map(([laneId, lastSequence]) => ({ laneId, lastSequence })),
    gaps,
  };
};

/** How many open numbers a report lists. */
const LISTED = 1_000;

export const gapFilter = z.strictObject({
  /** Only numbers that have been open for so long are listed. */
  openForMs: z.coerce.number().pipe(instantMs).default(0),
});

/** When a session's time is over, by its open body and the agreement's bound; unknown to who has neither. */
const dueAt = (registry: Registry, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const { openedAtMs, quote } = parseOpened(text).open;
  const agreement = registry.agreement(quote.agreementId);
  const terms = agreement && registry.terms(agreement.agreementId, agreement.version)?.terms;
  return terms && openedAtMs + quote.plannedMs + terms.cdrBoundMs;
};

/** Numbers that have not ended, by the time that the chain has come to: nobody's clock but the blocks'. */
const readOpen = async (
  db: Kysely<GatewayDb>,
  registry: Registry,
  openForMs: number,
): Promise<Pick<GapReport, 'open' | 'openCount' | 'atMs'>> => {
  const block = await db
    .selectFrom('ledger_transaction')
    .select('at_ms')
    .orderBy('block_number', 'desc')
    .orderBy('tx_index', 'desc')
    .limit(1)
    .executeTakeFirst();
  const atMs = Number(block?.at_ms ?? 0n);
  const long = db
    .selectFrom('ledger_session')
    .where('state', '=', 'opened')
    .where('opened_at_ms', '<=', BigInt(atMs - openForMs));
  const { count } = await long
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow();
  const rows = await long
    .select(['session_id', 'opened_at_ms', 'claim_id'])
    .orderBy('opened_at_ms')
    .orderBy('lane_id')
    .orderBy('number')
    .limit(LISTED)
    .execute();
  const bodies = await openBodies(
    db,
    rows.map(({ session_id }) => session_id),
  );
  return {
    open: rows.map(({ session_id, opened_at_ms, claim_id }) => {
      const dueAtMs = dueAt(registry, bodies.get(session_id));
      return {
        sessionId: session_id,
        openedAtMs: Number(opened_at_ms),
        ageMs: atMs - Number(opened_at_ms),
        claimed: claim_id !== null,
        ...(dueAtMs !== undefined && { dueAtMs }),
      };
    }),
    openCount: Number(count),
    atMs,
  };
};

/** What is missing by the public records, which every organisation's peer has. */
export const readGaps = async (
  db: Kysely<GatewayDb>,
  registry: Registry,
  { openForMs }: z.output<typeof gapFilter>,
): Promise<GapReport> => {
  const rows = await db.selectFrom('batch').select(['lane_id', 'from_sequence', 'to_sequence']).execute();
  const sequences = findGaps(
    rows.map(({ lane_id, from_sequence, to_sequence }) => ({
      laneId: lane_id,
      fromSequence: from_sequence,
      toSequence: to_sequence,
    })),
  );
  return { ...sequences, ...(await readOpen(db, registry, openForMs)), asOfBlock: registry.asOfBlock };
};
