import type { auditedLane, auditedSession, ConsentKind } from '@roamgrid/wire';
import {
  cdr as cdrSchema,
  laneId,
  parseSessionId,
  recordId,
  sessionEndState,
  utilityId,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { instant, pageOf, paging, splitCursor, type Page } from './page.ts';
import { SESSION_COLUMNS, sessionRecordOf } from './session-record.ts';

export const sessionFilter = z.strictObject({
  ...paging,
  state: sessionEndState.exactOptional(),
  utilityId: utilityId.exactOptional(),
  laneId: laneId.exactOptional(),
  batchId: recordId.exactOptional(),
  stationId: recordId.exactOptional(),
  fromMs: instant.exactOptional(),
  untilMs: instant.exactOptional(),
});

/** Every number of every lane that was opened; what parties alone know stands beside it where this utility is one. */
export const listSessions = async (
  db: Kysely<GatewayDb>,
  filter: z.output<typeof sessionFilter>,
): Promise<Page<z.output<typeof auditedSession>>> => {
  const stationOf = sql<
    string | null
  >`coalesce(settled_session.station_id, judged_opening.station_id, charge.station_id)`;
  const consentBy = sql<ConsentKind | null>`coalesce(settled_session.consent_by, judged_opening.answer->>'consentBy', charge.consent_by)`;
  let query = db
    .selectFrom('ledger_session')
    .leftJoin('settled_session', 'settled_session.session_id', 'ledger_session.session_id')
    .leftJoin('charge', 'charge.session_id', 'ledger_session.session_id')
    .leftJoin('judged_opening', (join) =>
      join
        .onRef('judged_opening.session_id', '=', 'ledger_session.session_id')
        .on('judged_opening.outcome', '=', 'good'),
    )
    .leftJoin('cdr', 'cdr.session_id', 'ledger_session.session_id')
    .select([...SESSION_COLUMNS, 'cdr.cdr as cdr', stationOf.as('station_id'), consentBy.as('consent_by')])
    .orderBy('opened_at_ms')
    .orderBy('ledger_session.lane_id')
    .orderBy('ledger_session.number')
    .limit(filter.limit + 1);
  const { state, utilityId: utility, laneId: lane, batchId, stationId, fromMs, untilMs, after } = filter;
  if (state !== undefined) query = query.where('ledger_session.state', '=', state);
  if (utility !== undefined) {
    query = query.where(({ eb, or }) =>
      or([eb('ledger_session.vun', '=', utility), eb('ledger_session.hun', '=', utility)]),
    );
  }
  if (lane !== undefined) query = query.where('ledger_session.lane_id', '=', lane);
  if (batchId !== undefined) query = query.where('settled_session.batch_id', '=', batchId);
  if (stationId !== undefined) query = query.where(stationOf, '=', stationId);
  if (fromMs !== undefined) query = query.where('opened_at_ms', '>=', BigInt(fromMs));
  if (untilMs !== undefined) query = query.where('opened_at_ms', '<', BigInt(untilMs));
  if (after !== undefined) {
    const [at, id] = splitCursor(after);
    const name = parseSessionId(id);
    const [inLane, number] = name.ok ? [name.value.laneId, name.value.number] : ['', 0];
    query = query.where(
      sql<boolean>`(opened_at_ms, ledger_session.lane_id, ledger_session.number) > (${at}, ${inLane}, ${number})`,
    );
  }
  return pageOf(
    await query.execute(),
    filter.limit,
    (row) => ({
      record: sessionRecordOf(row),
      claimed: row.claim_id !== null,
      ...(row.station_id !== null && { stationId: row.station_id }),
      ...(row.consent_by !== null && { consentBy: row.consent_by }),
      ...(row.cdr !== null && { cdr: cdrSchema.parse(row.cdr) }),
    }),
    (row) => `${row.opened_at_ms}/${row.session_id}`,
  );
};

export const laneFilter = z.strictObject({ ...paging, utilityId: utilityId.exactOptional() });

/** What became of the numbers that each lane opened. */
export const listLanes = async (
  db: Kysely<GatewayDb>,
  { utilityId: utility, after, limit }: z.output<typeof laneFilter>,
): Promise<Page<z.output<typeof auditedLane>>> => {
  const inState = <S extends string>(state: S) =>
    sql<bigint>`count(*) filter (where state = ${state})`.as(state);
  let query = db
    .selectFrom('ledger_session')
    .select(({ fn }) => [
      'lane_id',
      'vun',
      'hun',
      fn.countAll<bigint>().as('count'),
      fn.max('number').as('last_number'),
      inState('opened'),
      inState('closed'),
      inState('voided'),
      inState('expired'),
    ])
    .groupBy(['lane_id', 'vun', 'hun'])
    .orderBy('lane_id')
    .limit(limit + 1);
  if (utility !== undefined)
    query = query.where(({ eb, or }) => or([eb('vun', '=', utility), eb('hun', '=', utility)]));
  if (after !== undefined) query = query.where('lane_id', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    (row) => ({
      laneId: row.lane_id,
      vun: row.vun,
      hun: row.hun,
      opened: Number(row.count),
      open: Number(row.opened),
      closed: Number(row.closed),
      voided: Number(row.voided),
      expired: Number(row.expired),
      lastNumber: row.last_number,
    }),
    (row) => row.lane_id,
  );
};
