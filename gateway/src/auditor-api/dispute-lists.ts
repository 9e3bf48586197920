import { reply, route, type Route } from '@roamgrid/service-kit';
import {
  auditedCreditPage,
  auditedDisputePage,
  auditedMissingPage,
  creditRecord,
  disputeRecord,
  disputeState,
  missingRecord,
  recordId,
  utilityId,
} from '@roamgrid/wire';
import type { auditedMissing } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { pageOf, paging, type Page } from './page.ts';
import type { AuditorContext } from './routes.ts';

const disputeFilter = z.strictObject({
  ...paging,
  state: disputeState.exactOptional(),
  utilityId: utilityId.exactOptional(),
  invoiceId: recordId.exactOptional(),
});

/** Disputes as the channel sees them, in the order of their ids. */
const listDisputes = async (
  db: Kysely<GatewayDb>,
  { state, utilityId: utility, invoiceId, after, limit }: z.output<typeof disputeFilter>,
): Promise<Page<z.output<typeof disputeRecord>>> => {
  let query = db
    .selectFrom('dispute')
    .select(['dispute_id', 'record'])
    .orderBy('dispute_id')
    .limit(limit + 1);
  if (state !== undefined) query = query.where('state', '=', state);
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (invoiceId !== undefined) query = query.where('invoice_id', '=', invoiceId);
  if (after !== undefined) query = query.where('dispute_id', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    ({ record }) => disputeRecord.parse(record),
    (row) => row.dispute_id,
  );
};

const creditFilter = z.strictObject({
  ...paging,
  utilityId: utilityId.exactOptional(),
  periodId: z.string().max(10).exactOptional(),
});

/** Credit notes as the channel sees them, in the order of their ids. */
const listCredits = async (
  db: Kysely<GatewayDb>,
  { utilityId: utility, periodId, after, limit }: z.output<typeof creditFilter>,
): Promise<Page<z.output<typeof creditRecord>>> => {
  let query = db
    .selectFrom('credit')
    .select(['credit_id', 'record'])
    .orderBy('credit_id')
    .limit(limit + 1);
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (periodId !== undefined) query = query.where('period_id', '=', periodId);
  if (after !== undefined) query = query.where('credit_id', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    ({ record }) => creditRecord.parse(record),
    (row) => row.credit_id,
  );
};

const missingFilter = z.strictObject({ ...paging, utilityId: utilityId.exactOptional() });

/** Demanded numbers, in the order of their lanes. */
const listDemanded = async (
  db: Kysely<GatewayDb>,
  { utilityId: utility, after, limit }: z.output<typeof missingFilter>,
): Promise<Page<z.output<typeof auditedMissing>>> => {
  let query = db
    .selectFrom('missing')
    .innerJoin('ledger_session', (join) =>
      join
        .onRef('ledger_session.lane_id', '=', 'missing.lane_id')
        .onRef('ledger_session.number', '=', 'missing.number'),
    )
    .select(['session_id', 'state', 'missing.record'])
    .orderBy('session_id')
    .limit(limit + 1);
  if (utility !== undefined)
    query = query.where(({ eb, or }) =>
      or([eb('missing.vun', '=', utility), eb('missing.hun', '=', utility)]),
    );
  if (after !== undefined) query = query.where('session_id', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    ({ record, state }) => ({ record: missingRecord.parse(record), state }),
    (row) => row.session_id,
  );
};

export const disputeLists = ({ db, registry, auth }: AuditorContext): readonly Route[] => {
  const asOf = () => ({ asOfBlock: registry.asOfBlock });
  return [
    route({
      method: 'get',
      path: '/auditor/v1/disputes',
      summary: 'Disputed records: hashes and states',
      auth,
      query: disputeFilter,
      answers: { 200: auditedDisputePage },
      handler: async ({ query }) => reply(200, { ...(await listDisputes(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/credits',
      summary: 'Credit notes on records that were contested after they were accepted',
      auth,
      query: creditFilter,
      answers: { 200: auditedCreditPage },
      handler: async ({ query }) => reply(200, { ...(await listCredits(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/missing',
      summary: 'Numbers whose records home demanded, and how each stands now',
      auth,
      query: missingFilter,
      answers: { 200: auditedMissingPage },
      handler: async ({ query }) => reply(200, { ...(await listDemanded(db, query)), ...asOf() }),
    }),
  ];
};
