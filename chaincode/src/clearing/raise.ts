import {
  batchRecord,
  bodyHash,
  disputeBody,
  disputedPlace,
  disputeIdOf,
  disputeRecord,
  isIncluded,
  privateKey,
  stateKey,
  type AgreementTerms,
  type DisputeBody,
  type DisputedPlace,
  type InvoiceRecord,
  type Settled,
} from '@roamgrid/wire';
import type { Dealing } from '../consortium/agreement.ts';
import { decode, ensure, parseJson, zip, type Transaction } from '../context/index.ts';
import { readSettled } from '../session/settling.ts';
import { Sites } from '../session/sites.ts';
import { requireEvidence } from './disputes.ts';
import { owedOf, requireOwed, rerate, type Rerating } from './rerate.ts';

/** Refuses a settled session that is not on the invoice, at the place that is said. */
const requireOnInvoice = async (
  tx: Transaction,
  invoiceId: string,
  leafHash: string,
  { batchId, ...path }: DisputedPlace,
): Promise<number> => {
  const batch = await tx.getOften(batchRecord, stateKey.batch(batchId));
  ensure(
    batch.invoiceId === invoiceId && path.size === batch.toSequence - batch.fromSequence + 1,
    'INVALID_ARGUMENT',
    `batch ${batchId} is not on invoice ${invoiceId}, or has not ${path.size} records`,
  );
  ensure(
    isIncluded(leafHash, path, batch.merkleRoot),
    'HASH_MISMATCH',
    `the settled session does not lie in batch ${batchId} where it is said to`,
  );
  return batch.fromSequence + path.index;
};

const requireDisputed = async (
  context: Rerating,
  body: DisputeBody,
  settled: Settled,
  laneSequence: number,
): Promise<void> => {
  ensure(
    body.sessionId === settled.open.sessionId && body.laneSequence === laneSequence,
    'INVALID_ARGUMENT',
    `dispute ${body.disputeId} names another session or number than its settled text`,
  );
  requireEvidence(body, `dispute ${body.disputeId}`);
  const amounts = await rerate(context, settled, settled.close, laneSequence);
  requireOwed(body, owedOf(amounts), `dispute ${body.disputeId}`);
};

interface Raising {
  readonly invoice: InvoiceRecord;
  readonly dealing: Dealing;
  readonly terms: AgreementTerms;
  readonly disputes: readonly { readonly disputeId: string; readonly bodyHash: string }[];
  /** The invoice was accepted: the records stay billed. */
  readonly late?: true;
}

/**
 * Stages disputes of records of an invoice, each with a reason and the hash of its evidence. A record is proven from its
 * batch's root, comes to what the contract computes for it, and is disputed once, whenever that is.
 * @returns what home owes of them together.
 */
export const raiseDisputes = async (
  tx: Transaction,
  { invoice, dealing, terms, disputes, late }: Raising,
): Promise<bigint> => {
  const { invoiceId, laneId, vun, hun } = invoice;
  const { agreement, endorsers } = dealing;
  const bodies = tx.transientList(disputeBody, 'disputes', disputes.length);
  const { texts } = tx.transientTexts('sessions', disputes.length);
  const places = decode(disputedPlace.array(), parseJson(tx.transientText('places'), 'places'), 'places');
  ensure(places.length === disputes.length, 'INVALID_ARGUMENT', 'places are not one for each dispute');
  const context = { tx, terms, sites: new Sites(tx) };

  let disputedMicros = 0n;
  for (const [index, [stated, opened]] of zip(disputes, bodies).entries()) {
    const text = texts[index] ?? '';
    const place = places[index];
    const { value } = opened;
    const { disputeId } = stated;
    if (place === undefined) throw new Error('places are as many as disputes');
    ensure(
      opened.hash === stated.bodyHash,
      'HASH_MISMATCH',
      `the body of dispute ${disputeId} does not hash so`,
    );
    ensure(
      value.disputeId === disputeId &&
        disputeId === disputeIdOf(bodyHash(text)) &&
        value.invoiceId === invoiceId &&
        value.laneId === laneId,
      'INVALID_ARGUMENT',
      `dispute ${disputeId} is not of its settled session, or of another invoice or lane`,
    );
    const key = stateKey.dispute(disputeId);
    await tx.requireAbsent(key);
    const laneSequence = await requireOnInvoice(tx, invoiceId, bodyHash(text), place);
    await requireDisputed(context, value, readSettled(text, index), laneSequence);
    disputedMicros += value.payableMicros;
    tx.put(
      disputeRecord,
      key,
      {
        type: 'dispute',
        version: 1,
        disputeId,
        invoiceId,
        agreementId: agreement.agreementId,
        vun,
        hun,
        state: 'disputed',
        bodyHash: opened.hash,
        disputedAtMs: tx.nowMs,
        ...(late && { late }),
      },
      { endorsers },
    );
    tx.putPrivate(endorsers, privateKey.dispute(disputeId), opened.text);
  }
  return disputedMicros;
};
