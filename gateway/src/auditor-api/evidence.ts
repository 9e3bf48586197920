import {
  batchRecord,
  cdr as cdrSchema,
  consentKindOf,
  openingProof,
  openingRecord,
  parseSettled,
  sessionOpenBody,
  stateKey,
  type SessionEvidence,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { gatewayError } from '../problems.ts';
import type { GatewayDb } from '../store/schema.ts';
import { pathOf, runningOpening } from './opening-proof.ts';
import { SESSION_COLUMNS, sessionRecordOf, type SessionRow } from './session-record.ts';

type Shown = Partial<Omit<SessionEvidence, 'openingProof'>> & Pick<SessionEvidence, 'openingProof'>;

/** What a settled session's bodies show, where this utility is a party. */
const settledParts = async (
  db: Kysely<GatewayDb>,
  batchId: string,
  sessionId: string,
): Promise<Shown | undefined> => {
  const rows = await db
    .selectFrom('settled_session')
    .select(['session_id', 'body', 'opening'])
    .where('batch_id', '=', batchId)
    .orderBy('item_index')
    .execute();
  const index = rows.findIndex(({ session_id }) => session_id === sessionId);
  const row = rows[index];
  if (row === undefined) return undefined;
  const header = await db
    .selectFrom('batch_header')
    .select('body')
    .where('batch_id', '=', batchId)
    .executeTakeFirst();
  const cdr = await db.selectFrom('cdr').select('cdr').where('session_id', '=', sessionId).executeTakeFirst();
  const texts = rows.map(({ body }) => body);
  const { root: _root, ...proof } = pathOf(texts, index);
  return {
    openBody: parseSettled(row.body).openText,
    openingProof: { state: 'present', proof: openingProof.parse(JSON.parse(row.opening)) },
    settledBody: row.body,
    proof,
    ...(header && { batchHeader: header.body }),
    ...(cdr && { cdr: cdrSchema.parse(cdr.cdr) }),
  };
};

const consentKindIn = (openBody: string) => consentKindOf(sessionOpenBody.parse(JSON.parse(openBody)));

/** Transactions that wrote, or tried to write, what the session stands in. */
const transactionsOf = async (db: Kysely<GatewayDb>, row: SessionRow) => {
  const keys = [
    stateKey.opening(row.lane_id, row.slot),
    ...(row.batch_id === null ? [] : [stateKey.batch(row.batch_id)]),
  ];
  const rows = await db
    .selectFrom('ledger_transaction')
    .select(['transaction_id', 'block_number', 'tx_index', 'valid'])
    .where(({ eb, and, or, exists, selectFrom }) =>
      or([
        exists(
          selectFrom('touched')
            .select('record_key')
            .whereRef('touched.block_number', '=', 'ledger_transaction.block_number')
            .whereRef('touched.tx_index', '=', 'ledger_transaction.tx_index')
            .where('record_key', 'in', keys),
        ),
        // An end that is in no batch has no key of its own: it is what its transaction added to the lane's bits.
        and([eb('block_number', '=', row.ended_block ?? -1n), eb('tx_index', '=', row.ended_tx ?? -1)]),
      ]),
    )
    .orderBy('block_number')
    .orderBy('tx_index')
    .execute();
  return rows.map(({ transaction_id, block_number, valid }) => ({
    transactionId: transaction_id,
    blockNumber: block_number.toString(),
    valid,
  }));
};

/** Everything to verify one session offline. @throws ServiceError RECORD_NOT_FOUND */
export const evidenceOf = async (db: Kysely<GatewayDb>, sessionId: string): Promise<SessionEvidence> => {
  const row = await db
    .selectFrom('ledger_session')
    .select(SESSION_COLUMNS)
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (row === undefined) throw gatewayError('RECORD_NOT_FOUND', `the ledger has no session ${sessionId}`);
  const { record } = await db
    .selectFrom('opening')
    .select('record')
    .where('lane_id', '=', row.lane_id)
    .where('slot', '=', row.slot)
    .executeTakeFirstOrThrow();
  const opening = openingRecord.parse(record);
  const batch =
    row.batch_id === null
      ? undefined
      : await db
          .selectFrom('batch')
          .select('record')
          .where('batch_id', '=', row.batch_id)
          .executeTakeFirstOrThrow();
  const settled = row.batch_id === null ? undefined : await settledParts(db, row.batch_id, sessionId);
  const shown = settled ?? (await runningOpening(db, opening, sessionId));
  return {
    record: sessionRecordOf(row),
    opening,
    ...(batch && { batch: batchRecord.parse(batch.record) }),
    ...shown,
    ...(shown.openBody !== undefined && { consentBy: consentKindIn(shown.openBody) }),
    transactions: await transactionsOf(db, row),
  };
};
