import { hashTree, bodyHash, laneParts, settledText } from '@roamgrid/wire';
import type { ExpressionBuilder, Kysely, Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import { newCommandId, sessionCommand, statedNumbers, type FormedCommand } from './command.ts';
import type { StoredCommand } from './commands.ts';
import { acceptFact, payloadOf, type WaitingFact } from './facts.ts';
import { CURABLE } from './parking.ts';
import type { ToldFact } from './work.ts';

/**
 * Ends that are claimed: what cannot be settled while the home utility's peer is away is stated in time by the visited
 * utility alone, and settled later with the proof that it was.
 */

/** How long after its end a session that is not settled is claimed, by agreement. */
export interface ClaimAfter {
  readonly agreementId: string;
  readonly laneId: string;
  readonly afterMs: number;
}

/** An end that waits, or that was refused for what may pass. */
export const mayBeSettled = ({ or, and, eb }: ExpressionBuilder<GatewayDb, 'fact'>) =>
  or([
    eb('fact.state', '=', 'pending'),
    and([eb('fact.state', '=', 'parked'), eb('fact.refusal_code', 'in', [...CURABLE])]),
  ]);

const unclaimed = (
  db: Kysely<GatewayDb> | Transaction<GatewayDb>,
  queue: string,
  { agreementId, laneId }: ClaimAfter,
) =>
  db
    .selectFrom('fact')
    .innerJoin('session_opening', 'session_opening.session_id', 'fact.session_id')
    .where('queue', '=', queue)
    .where('lane_id', '=', laneId)
    .where('agreement_id', '=', agreementId)
    .where('kind', '=', 'settle')
    .where(mayBeSettled)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('fact as claim')
            .select('claim.fact_id')
            .whereRef('claim.session_id', '=', 'fact.session_id')
            .where('claim.kind', '=', 'claim'),
        ),
      ),
    );

/** When the next end is to be claimed. */
export const nextClaimMs = async (
  db: Kysely<GatewayDb>,
  queue: string,
  after: ClaimAfter,
): Promise<number | undefined> => {
  const row = await unclaimed(db, queue, after)
    .select(({ fn }) => fn.min('end_ms').as('end_ms'))
    .executeTakeFirst();
  return row?.end_ms === null || row === undefined ? undefined : Number(row.end_ms) + after.afterMs;
};

/** Accepts claims of ends that are older than they may be without being settled. */
export const acceptClaims = async (
  trx: Transaction<GatewayDb>,
  queue: string,
  after: ClaimAfter,
  ledgerNowMs: number,
  nowMs: number,
  limit: number,
): Promise<void> => {
  const rows = await unclaimed(trx, queue, after)
    .select(['fact.session_id', 'payload'])
    .where('end_ms', '<=', BigInt(ledgerNowMs - after.afterMs))
    .orderBy('end_ms')
    .limit(limit)
    .execute();
  for (const row of rows) {
    const { openText, closeText } = payloadOf('settle', row.payload);
    await acceptFact(
      trx,
      {
        kind: 'claim',
        sessionId: row.session_id,
        agreementId: after.agreementId,
        payload: { textHash: bodyHash(settledText(closeText, openText)) },
      },
      nowMs,
    );
  }
};

export const formClaim = (
  laneId: string,
  agreementId: string,
  facts: readonly WaitingFact<'claim'>[],
): FormedCommand => {
  const { vun, hun } = laneParts(laneId);
  const commandId = newCommandId('claim');
  return {
    commandId,
    factIds: facts.map(({ factId }) => factId),
    command: sessionCommand({
      verb: 'claim',
      commandId,
      argument: {
        vun,
        hun,
        agreementId,
        laneId,
        root: hashTree(facts.map(({ payload }) => payload.textHash)).root,
        count: facts.length,
        ...statedNumbers(facts.map(({ number }) => number)),
      },
    }),
  };
};

/** Keeps the ways from the sessions to the claim that is on the ledger now. */
export const keepClaimed = async (
  trx: Transaction<GatewayDb>,
  { commandId }: StoredCommand,
  told: readonly ToldFact[],
): Promise<void> => {
  const facts = [...told].sort((a, b) => a.number - b.number);
  const tree = hashTree(facts.map(({ payload }) => payloadOf('claim', payload).textHash));
  await trx
    .insertInto('session_claim')
    .values(
      facts.map(({ sessionId }, at) => {
        const { index, size, path } = tree.pathTo(at);
        return {
          session_id: sessionId,
          claim_id: commandId,
          leaf_index: index,
          size,
          path: JSON.stringify(path),
        };
      }),
    )
    .execute();
};
