import { powerClaim, siteRequestAnswer, type SiteRequestAnswer } from '@roamgrid/wire';
import type { Claim } from '@roamgrid/domain/power';
import type { Selectable } from 'kysely';
import type { Db, RequestTable } from './tables.ts';

/** A request with what became of it. */
export interface KeptRequest {
  readonly requestId: string;
  readonly hash: string;
  readonly operator: string;
  readonly askedAtMs: number;
  readonly untilMs: number | undefined;
  readonly loadId: string;
  readonly claim: Claim;
  readonly answer: SiteRequestAnswer;
}

const fromRow = (row: Selectable<RequestTable>): KeptRequest => ({
  requestId: row.request_id,
  hash: row.request_hash,
  operator: row.operator,
  askedAtMs: Number(row.asked_at_ms),
  untilMs: row.until_ms === null ? undefined : Number(row.until_ms),
  loadId: row.load_id,
  claim: powerClaim.parse(row.claim),
  answer: siteRequestAnswer.parse(row.answer),
});

export const requestById = async (
  db: Db,
  siteId: string,
  requestId: string,
): Promise<KeptRequest | undefined> => {
  const row = await db
    .selectFrom('site_request')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('request_id', '=', requestId)
    .executeTakeFirst();
  return row && fromRow(row);
};

/** Those that are served, or wait for an answer. */
export const openRequests = async (db: Db, siteId: string): Promise<readonly KeptRequest[]> => {
  const rows = await db
    .selectFrom('site_request')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('state', 'in', ['kept', 'offered'])
    .orderBy('asked_at_ms')
    .orderBy('request_id')
    .execute();
  return rows.map(fromRow);
};

export const keepRequest = async (db: Db, siteId: string, request: KeptRequest): Promise<void> => {
  const { loadId, claim, answer, hash, operator, requestId } = request;
  const changing = {
    state: answer.state,
    until_ms: request.untilMs === undefined ? null : BigInt(request.untilMs),
    claim: JSON.stringify(powerClaim.encode(claim as Parameters<typeof powerClaim.encode>[0])),
    answer: JSON.stringify(siteRequestAnswer.encode(answer)),
  };
  await db
    .insertInto('site_request')
    .values({
      ...{ site_id: siteId, request_id: requestId, request_hash: hash, operator, load_id: loadId },
      asked_at_ms: BigInt(request.askedAtMs),
      ...changing,
    })
    .onConflict((conflict) => conflict.columns(['site_id', 'request_id']).doUpdateSet(changing))
    .execute();
};
