import type { auditedInvoice, auditedTariff } from '@roamgrid/wire';
import {
  batchRecord,
  invoiceBody,
  auditedInvoiceState,
  invoiceRecord,
  tariffRecord,
  utilityId,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { instant, pageOf, paging, splitCursor, type Page } from './page.ts';

export const tariffFilter = z.strictObject({
  ...paging,
  utilityId: utilityId.exactOptional(),
  atMs: instant.exactOptional(),
});

export const listTariffs = async (
  db: Kysely<GatewayDb>,
  filter: z.output<typeof tariffFilter>,
): Promise<Page<z.output<typeof auditedTariff>>> => {
  let query = db
    .selectFrom('tariff')
    .select(['tariff_id', 'version', 'record'])
    .orderBy('tariff_id')
    .orderBy('version')
    .limit(filter.limit + 1);
  const { utilityId: utility, atMs, after } = filter;
  if (utility !== undefined) query = query.where('utility_id', '=', utility);
  if (atMs !== undefined) {
    query = query.where('valid_from_ms', '<=', BigInt(atMs)).where('valid_until_ms', '>', BigInt(atMs));
  }
  if (after !== undefined) {
    const [version, id] = splitCursor(after);
    query = query.where(sql<boolean>`(tariff_id, version) > (${id}, ${version})`);
  }
  const rows = await query.execute();
  const ids = [...new Set(rows.map(({ tariff_id }) => tariff_id))];
  const bindings =
    ids.length === 0
      ? []
      : await db
          .selectFrom('tariff_binding')
          .select(['agreement_id', 'tariff_id', 'tariff_version'])
          .where('tariff_id', 'in', ids)
          .orderBy('agreement_id')
          .execute();
  return pageOf(
    rows,
    filter.limit,
    (row) => ({
      record: tariffRecord.parse(row.record),
      boundUnder: bindings
        .filter(
          ({ tariff_id, tariff_version }) => tariff_id === row.tariff_id && tariff_version === row.version,
        )
        .map(({ agreement_id }) => agreement_id),
    }),
    (row) => `${row.version}/${row.tariff_id}`,
  );
};

export const batchFilter = z.strictObject({ ...paging, utilityId: utilityId.exactOptional() });

export const listBatches = async (
  db: Kysely<GatewayDb>,
  { utilityId: utility, after, limit }: z.output<typeof batchFilter>,
): Promise<Page<z.output<typeof batchRecord>>> => {
  let query = db
    .selectFrom('batch')
    .select(['batch_id', 'record'])
    .orderBy('batch_id')
    .limit(limit + 1);
  if (utility !== undefined) {
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  }
  if (after !== undefined) query = query.where('batch_id', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    (row) => batchRecord.parse(row.record),
    (row) => row.batch_id,
  );
};

export const invoiceFilter = z.strictObject({
  ...paging,
  state: auditedInvoiceState.exactOptional(),
  utilityId: utilityId.exactOptional(),
  periodId: z.string().max(10).exactOptional(),
});

export const listInvoices = async (
  db: Kysely<GatewayDb>,
  { state, utilityId: utility, periodId, after, limit }: z.output<typeof invoiceFilter>,
): Promise<Page<z.output<typeof auditedInvoice>>> => {
  let query = db
    .selectFrom('invoice')
    .leftJoin('invoice_body', 'invoice_body.invoice_id', 'invoice.invoice_id')
    .select(['invoice.invoice_id', 'state', 'record', 'body'])
    .orderBy('invoice.invoice_id')
    .limit(limit + 1);
  if (state !== undefined) query = query.where('state', '=', state);
  if (utility !== undefined) {
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  }
  if (periodId !== undefined) query = query.where('period_id', '=', periodId);
  if (after !== undefined) query = query.where('invoice.invoice_id', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    (row) => ({
      record: invoiceRecord.parse(row.record),
      state: auditedInvoiceState.parse(row.state),
      ...(row.body === null ? {} : { body: invoiceBody.parse(JSON.parse(row.body)) }),
    }),
    (row) => row.invoice_id,
  );
};
