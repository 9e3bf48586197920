import {
  agreementRecord,
  agreementTerms,
  bodyHash,
  cdr as cdrSchema,
  chunkSpan,
  claimProof,
  openingProof,
  parseSettled,
  stateKey,
  type AgreementRecord,
  type AuditBundle,
  type Settled,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { decodeBlock, type BlockScope } from '../../blocks/decode-block.ts';
import { readVersions, type ReadVersion } from '../../blocks/read-set.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { gatewayError } from '../../problems.ts';
import type { GatewayDb } from '../../store/schema.ts';
import { pathOf } from '../opening-proof.ts';
import { BundleBlocks } from './blocks.ts';
import type { ChainTree } from './checkpoint.ts';
import { clearingOf } from './clearing.ts';

/**
 * One bill with everything that proves it: the bodies of its session, and the blocks with whatever the settlement was judged
 * by. What that was, the settlement's own reads say: each names the transaction that wrote what was read.
 */

export interface BundleGround {
  readonly db: Kysely<GatewayDb>;
  readonly ledger: Ledger;
  readonly channel: string;
  readonly chaincode: string;
}

const absent = (text: string) => gatewayError('RECORD_NOT_FOUND', text);

/** The settled session with its way to the batch, where this utility is a party. */
const settledOf = async (db: Kysely<GatewayDb>, batchId: string, sessionId: string) => {
  const rows = await db
    .selectFrom('settled_session')
    .select(['session_id', 'body', 'opening'])
    .where('batch_id', '=', batchId)
    .orderBy('item_index')
    .execute();
  const index = rows.findIndex(({ session_id }) => session_id === sessionId);
  const row = rows[index];
  const header = await db
    .selectFrom('batch_header')
    .select('body')
    .where('batch_id', '=', batchId)
    .executeTakeFirst();
  const told = await db
    .selectFrom('cdr')
    .select('cdr')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (row === undefined || header === undefined || told === undefined)
    throw absent(`the bodies of ${sessionId} are not here: ask a gateway of one of its two utilities`);
  const { root: _root, ...way } = pathOf(
    rows.map(({ body }) => body),
    index,
  );
  return {
    settled: parseSettled(row.body),
    header: header.body,
    batchWay: { ...way, path: [...way.path] },
    openingWay: openingProof.parse(JSON.parse(row.opening)),
    cdr: cdrSchema.parse(told.cdr),
  };
};

/** The agreement as the settlement read it: what it says now may be another version. */
const agreementAt = async (
  blocks: BundleBlocks,
  reads: ReadonlyMap<string, ReadVersion>,
  agreementId: string,
  scope: BlockScope,
): Promise<AgreementRecord> => {
  const key = stateKey.agreement(agreementId);
  const version = reads.get(key);
  if (version === undefined) throw absent(`the settlement did not read ${key}`);
  const { transactions } = decodeBlock(await blocks.need(version.block), new Map(), scope);
  const value = transactions[version.tx]?.writes.find((write) => write.key === key)?.value;
  return agreementRecord.parse(JSON.parse(value ?? 'null'));
};

/** The terms that an agreement's hash is of. */
const termsOf = async (
  db: Kysely<GatewayDb>,
  { agreementId, termsHash }: AgreementRecord,
): Promise<string> => {
  const rows = await db
    .selectFrom('terms')
    .select('body')
    .where('agreement_id', '=', agreementId)
    .orderBy('version', 'desc')
    .execute();
  const found = rows.find(({ body }) => bodyHash(body) === termsHash);
  if (found === undefined) throw absent(`the terms of ${agreementId} are not here`);
  return found.body;
};

/** The way to the claim of an end that was settled after its bound. Only who claimed has it: the visited utility. */
const claimOf = async (db: Kysely<GatewayDb>, sessionId: string, claimId: string | null) => {
  const row = await db
    .selectFrom('session_claim')
    .select(['leaf_index', 'size', 'path'])
    .where('session_id', '=', sessionId)
    .where('claim_id', '=', claimId ?? '')
    .executeTakeFirst();
  if (row === undefined)
    throw absent(
      `${sessionId} was settled after its bound: ask the gateway of the visited utility, which claimed its end`,
    );
  return claimProof.parse({ claimId: claimId ?? '', index: row.leaf_index, size: row.size, path: row.path });
};

/** Keys of what a session is judged by, besides its own. */
const keysOf = (
  { open, close }: Settled,
  laneId: string,
  slot: number,
  witness: string | undefined,
  terms: string,
  reads: ReadonlyMap<string, ReadVersion>,
): readonly string[] => {
  const { agreementId, vun, hun, stationId, tariffId, tariffVersion } = open.quote;
  const { adaptation } = agreementTerms.parse(JSON.parse(terms));
  const span =
    adaptation && chunkSpan(adaptation, close.readings[0]?.atMs ?? 0, close.readings.at(-1)?.atMs ?? 0);
  const demand = (adaptation?.sources ?? []).flatMap(({ utilityId, areaId }) => {
    const from = stateKey.demandChunk(utilityId, areaId, span?.fromMs ?? 0);
    const until = stateKey.demandChunk(utilityId, areaId, span?.untilMs ?? 0);
    return [...reads.keys()].filter((key) => from <= key && key < until);
  });
  return [
    stateKey.agreement(agreementId),
    stateKey.utility(vun),
    stateKey.utility(hun),
    ...(witness === undefined ? [] : [stateKey.utility(witness)]),
    stateKey.station(vun, stationId),
    stateKey.tariff(tariffId, tariffVersion),
    stateKey.tariffBinding(agreementId, tariffId, tariffVersion),
    stateKey.opening(laneId, slot),
    ...demand,
  ];
};

/** @throws ServiceError RECORD_NOT_FOUND */
export const bundleOf = async (
  { db, ledger, channel, chaincode }: BundleGround,
  sessionId: string,
  chain: ChainTree,
): Promise<AuditBundle> => {
  const row = await db
    .selectFrom('ledger_session')
    .select(['lane_id', 'batch_id', 'ended_block', 'ended_tx', 'claim_id'])
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  const { batch_id: batchId, ended_tx: tx } = row ?? {};
  const block = Number(row?.ended_block ?? chain.blocks);
  if (row === undefined || typeof batchId !== 'string' || typeof tx !== 'number')
    throw absent(`the ledger has no settled session ${sessionId}`);
  if (block >= chain.blocks)
    throw absent(`${sessionId} was settled in block ${block}, after the checkpoint: take a later one`);
  const { settled, header, batchWay, openingWay, cdr } = await settledOf(db, batchId, sessionId);
  const blocks = new BundleBlocks(ledger, chain);
  const settling = await blocks.need(block);
  const envelope = settling.getData()?.getDataList_asU8()[tx] ?? new Uint8Array();
  const { atMs = 0 } = decodeBlock(settling, new Map(), { chaincode, mspId: '' }).transactions[tx] ?? {};
  const reads = readVersions(envelope, chaincode);
  const { agreementId } = settled.open.quote;
  const agreement = await agreementAt(blocks, reads, agreementId, { chaincode, mspId: '' });
  const terms = await termsOf(db, agreement);
  const { cdrBoundMs } = agreementTerms.parse(JSON.parse(terms));
  const isLate = atMs > (settled.close.readings.at(-1)?.atMs ?? 0) + cdrBoundMs;
  const claimWay = isLate ? await claimOf(db, sessionId, row.claim_id) : undefined;
  const judgedBy = keysOf(settled, row.lane_id, openingWay.slot, agreement.witness, terms, reads);
  const keys = claimWay === undefined ? judgedBy : [...judgedBy, stateKey.claim(claimWay.claimId)];
  for (const key of keys) {
    const version = reads.get(key);
    if (version !== undefined) await blocks.need(version.block);
  }
  const clearing = await clearingOf(db, batchId, bodyHash(settled.text), chain.blocks);
  for (const step of clearing?.steps ?? []) await blocks.need(step.block);
  return {
    format: 'roamgrid-bundle',
    version: 1,
    channel,
    sessionId,
    blocks: blocks.all(),
    settle: { block, tx },
    bodies: {
      settled: settled.text,
      header,
      terms,
      openingWay,
      batchWay,
      ...(claimWay !== undefined && { claimWay }),
    },
    cdr,
    ...(clearing && { clearing }),
  };
};
