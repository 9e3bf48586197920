import { createHash } from 'node:crypto';
import { merkleTree } from '@roamgrid/domain';
import { batchRecord, sessionRecord, stateKey, type SessionEvidence } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { gatewayError } from '../problems.ts';
import type { GatewayDb } from '../store/schema.ts';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Proof that one close body is in its batch. Leaves are the bodies' hashes in the batch's order (RFC 6962). */
const proofOf = async (
  db: Kysely<GatewayDb>,
  batchId: string,
  index: number,
): Promise<NonNullable<SessionEvidence['proof']>> => {
  const rows = await db
    .selectFrom('close_body')
    .select('body')
    .where('batch_id', '=', batchId)
    .orderBy('item_index')
    .execute();
  const leaves = rows.map(({ body }) => sha256(Buffer.from(body, 'utf8')));
  const { leafIndex, treeSize, path } = merkleTree(sha256, leaves).prove(index);
  return { index: leafIndex, size: treeSize, path: path.map(hex) };
};

/** Everything to verify one session offline. @throws ServiceError RECORD_NOT_FOUND */
export const evidenceOf = async (db: Kysely<GatewayDb>, sessionId: string): Promise<SessionEvidence> => {
  const session = await db
    .selectFrom('ledger_session')
    .leftJoin('batch', 'batch.batch_id', 'ledger_session.batch_id')
    .leftJoin('batch_header', 'batch_header.batch_id', 'ledger_session.batch_id')
    .leftJoin('open_body', 'open_body.session_id', 'ledger_session.session_id')
    .leftJoin('close_body', 'close_body.session_id', 'ledger_session.session_id')
    .select([
      'ledger_session.record as record',
      'batch.record as batch',
      'batch_header.body as header',
      'open_body.body as open',
      'close_body.body as close',
      'close_body.item_index as index',
      'ledger_session.batch_id as batch_id',
    ])
    .where('ledger_session.session_id', '=', sessionId)
    .executeTakeFirst();
  if (session === undefined) throw gatewayError('RECORD_NOT_FOUND', `the ledger has no session ${sessionId}`);
  const keys = [
    stateKey.session(sessionId),
    stateKey.sessionEnd(sessionId),
    ...(session.batch_id === null ? [] : [stateKey.batch(session.batch_id)]),
  ];
  const transactions = await db
    .selectFrom('touched')
    .innerJoin('ledger_transaction', (join) =>
      join
        .onRef('ledger_transaction.block_number', '=', 'touched.block_number')
        .onRef('ledger_transaction.tx_index', '=', 'touched.tx_index'),
    )
    .select(['transaction_id', 'touched.block_number', 'touched.tx_index', 'valid'])
    .distinct()
    .where('record_key', 'in', keys)
    .orderBy('touched.block_number')
    .orderBy('touched.tx_index')
    .execute();
  return {
    record: sessionRecord.parse(session.record),
    ...(session.batch === null ? {} : { batch: batchRecord.parse(session.batch) }),
    ...(session.header === null ? {} : { batchHeader: session.header }),
    ...(session.open === null ? {} : { openBody: session.open }),
    ...(session.close === null ? {} : { closeBody: session.close }),
    ...(session.batch_id === null || session.index === null
      ? {}
      : { proof: await proofOf(db, session.batch_id, session.index) }),
    transactions: transactions.map(({ transaction_id, block_number, valid }) => ({
      transactionId: transaction_id,
      blockNumber: block_number.toString(),
      valid,
    })),
  };
};
