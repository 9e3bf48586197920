import { creditBody, creditRecord, type CreditEntry } from '@roamgrid/wire';
import { gatewayError } from '../problems.ts';
import type { ClearingRead } from './read.ts';

export interface CreditQuery {
  readonly role?: 'hun' | 'vun';
  readonly periodId?: string;
  readonly creditId?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Credit notes of this utility with their bodies, in the order of their ids. */
export const creditsOf = async (
  { db, utilityId }: ClearingRead,
  { role, periodId, creditId, after, limit }: CreditQuery,
): Promise<CreditEntry[]> => {
  let query = db
    .selectFrom('credit')
    .innerJoin('credit_body', 'credit_body.credit_id', 'credit.credit_id')
    .select(['record', 'body'])
    .orderBy('credit.credit_id')
    .limit(limit);
  query =
    role === undefined
      ? query.where(({ eb, or }) => or([eb('vun', '=', utilityId), eb('hun', '=', utilityId)]))
      : query.where(role, '=', utilityId);
  if (periodId !== undefined) query = query.where('period_id', '=', periodId);
  if (creditId !== undefined) query = query.where('credit.credit_id', '=', creditId);
  if (after !== undefined) query = query.where('credit.credit_id', '>', after);
  const rows = await query.execute();
  return rows.map(({ record, body }) => ({
    record: creditRecord.parse(record),
    body: creditBody.parse(JSON.parse(body)),
  }));
};

/** @throws ServiceError RECORD_NOT_FOUND */
export const creditOf = async (context: ClearingRead, creditId: string): Promise<CreditEntry> => {
  const [found] = await creditsOf(context, { creditId, limit: 1 });
  if (found === undefined)
    throw gatewayError('RECORD_NOT_FOUND', `this utility has no credit note ${creditId}`);
  return found;
};
