import { reply, route, type Route } from '@roamgrid/service-kit';
import {
  allocationHeader,
  allocationRecord,
  auditedAllocationPage,
  auditedChargePage,
  auditedHouseDayPage,
  auditedReservationPage,
  auditedTamperingPage,
  chargeBody,
  chargeRecord,
  flexSettlementBody,
  flexSettlementRecord,
  recordId,
  reservationRecord,
  reservationState,
  tamperRecord,
  utilityId,
  type auditedAllocation,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { pageOf, paging, type Page } from './page.ts';
import type { AuditorContext } from './routes.ts';

const ofUtility = { ...paging, utilityId: utilityId.exactOptional() } as const;
const reservationFilter = z.strictObject({ ...ofUtility, state: reservationState.exactOptional() });
const chargeFilter = z.strictObject({ ...ofUtility, periodId: recordId.exactOptional() });
const houseFilter = z.strictObject({ ...ofUtility, houseId: recordId.exactOptional() });
const siteFilter = z.strictObject({ ...ofUtility, siteId: recordId.exactOptional() });

type Db = Kysely<GatewayDb>;

const listReservations = async (
  db: Db,
  { utilityId: utility, state, after, limit }: z.output<typeof reservationFilter>,
) => {
  let query = db.selectFrom('reservation').select(['reservation_id', 'record']).orderBy('reservation_id');
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (state !== undefined) query = query.where('state', '=', state);
  if (after !== undefined) query = query.where('reservation_id', '>', after);
  return pageOf(
    await query.limit(limit + 1).execute(),
    limit,
    ({ record }) => reservationRecord.parse(record),
    ({ reservation_id }) => reservation_id,
  );
};

const listCharges = async (
  db: Db,
  { utilityId: utility, periodId, after, limit }: z.output<typeof chargeFilter>,
) => {
  let query = db
    .selectFrom('charge_note')
    .leftJoin('charge_note_body', 'charge_note_body.charge_id', 'charge_note.charge_id')
    .select(['charge_note.charge_id', 'record', 'body'])
    .orderBy('charge_note.charge_id');
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (periodId !== undefined) query = query.where('period_id', '=', periodId);
  if (after !== undefined) query = query.where('charge_note.charge_id', '>', after);
  return pageOf(
    await query.limit(limit + 1).execute(),
    limit,
    ({ record, body }) => ({
      record: chargeRecord.parse(record),
      ...(body !== null && { body: chargeBody.parse(JSON.parse(body)) }),
    }),
    ({ charge_id }) => charge_id,
  );
};

const listAllocations = async (
  db: Db,
  { utilityId: utility, siteId, after, limit }: z.output<typeof siteFilter>,
): Promise<Page<z.output<typeof auditedAllocation>>> => {
  let query = db
    .selectFrom('allocation_batch')
    .leftJoin('allocation_body', 'allocation_body.batch_id', 'allocation_batch.batch_id')
    .select(['allocation_batch.batch_id', 'record', 'header', 'slots'])
    .orderBy('allocation_batch.batch_id');
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (siteId !== undefined) query = query.where('site_id', '=', siteId);
  if (after !== undefined) query = query.where('allocation_batch.batch_id', '>', after);
  return pageOf(
    await query.limit(limit + 1).execute(),
    limit,
    ({ record, header, slots }) => ({
      record: allocationRecord.parse(record),
      ...(header !== null && { header: allocationHeader.parse(JSON.parse(header)) }),
      ...(slots !== null && { slots: slots }),
    }),
    ({ batch_id }) => batch_id,
  );
};

const listHouseDays = async (
  db: Db,
  { utilityId: utility, houseId, after, limit }: z.output<typeof houseFilter>,
) => {
  let query = db
    .selectFrom('flex_record')
    .leftJoin('flex_body', 'flex_body.record_key', 'flex_record.record_key')
    .select(['flex_record.record_key as key', 'record', 'body'])
    .where('kind', '=', 'flexSettlement')
    .orderBy('flex_record.record_key');
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (houseId !== undefined) query = query.where('house_id', '=', houseId);
  if (after !== undefined) query = query.where('flex_record.record_key', '>', after);
  return pageOf(
    await query.limit(limit + 1).execute(),
    limit,
    ({ record, body }) => ({
      record: flexSettlementRecord.parse(record),
      ...(body !== null && { body: flexSettlementBody.parse(JSON.parse(body)) }),
    }),
    ({ key }) => key,
  );
};

/** The newest on the ledger first. */
const listTampering = async (
  db: Db,
  { utilityId: utility, siteId, after, limit }: z.output<typeof siteFilter>,
) => {
  let query = db.selectFrom('tamper_event').select(['place', 'record']).orderBy('place', 'desc');
  if (utility !== undefined) query = query.where('utility_id', '=', utility);
  if (siteId !== undefined) query = query.where('site_id', '=', siteId);
  if (after !== undefined) query = query.where('place', '<', after);
  return pageOf(
    await query.limit(limit + 1).execute(),
    limit,
    ({ record }) => tamperRecord.parse(record),
    ({ place }) => place,
  );
};

/** What is booked, what sites recorded of their power, what is charged for both, and tampering at sites. */
export const bookingLists = ({ db, registry, auth }: AuditorContext): readonly Route[] => {
  const asOf = () => ({ asOfBlock: registry.asOfBlock });
  return [
    route({
      method: 'get',
      path: '/auditor/v1/reservations',
      summary: 'Outlets that were booked, and what became of it',
      auth,
      query: reservationFilter,
      answers: { 200: auditedReservationPage },
      handler: async ({ query }) => reply(200, { ...(await listReservations(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/charges',
      summary: 'Charge notes: what is owed that is no session',
      auth,
      query: chargeFilter,
      answers: { 200: auditedChargePage },
      handler: async ({ query }) => reply(200, { ...(await listCharges(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/allocations',
      summary: 'How sites divided their power; slots where this utility is a party',
      auth,
      query: siteFilter,
      answers: { 200: auditedAllocationPage },
      handler: async ({ query }) => reply(200, { ...(await listAllocations(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/house-days',
      summary:
        'What days of houses came to that took less, or gave to the grid; lines where this utility is a party',
      auth,
      query: houseFilter,
      answers: { 200: auditedHouseDayPage },
      handler: async ({ query }) => reply(200, { ...(await listHouseDays(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/tampering',
      summary: 'Tampering with devices of sites, the newest on the ledger first',
      auth,
      query: siteFilter,
      answers: { 200: auditedTamperingPage },
      handler: async ({ query }) => reply(200, { ...(await listTampering(db, query)), ...asOf() }),
    }),
  ];
};
