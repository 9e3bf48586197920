import {
  batchRecord,
  bodyHash,
  disputeBody,
  disputedPlace,
  disputeIdOf,
  disputeRecord,
  invoiceBody,
  invoiceRecord,
  isIncluded,
  payableStatement,
  privateKey,
  stateKey,
  type clearingCommands,
  type DisputeBody,
  type DisputedPlace,
  type Settled,
} from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import {
  decode,
  ensure,
  parseJson,
  requireMember,
  zip,
  type Transaction,
  type Verb,
} from '../../context/index.ts';
import { readSettled } from '../../session/settling.ts';
import { Sites } from '../../session/sites.ts';
import { requireEvidence } from '../disputes.ts';
import { getInvoice } from '../get-invoice.ts';
import { requirePayable } from '../invoicing.ts';
import { owedOf, requireOwed, rerate, type Rerating } from '../rerate.ts';

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

/**
 * The home utility accepts an invoice but for records that it disputes, each with a reason and the hash of its evidence.
 * What is not disputed is payable at once. A disputed record is proven from its batch's root, and credited by what the
 * contract computes for it.
 */
export const acceptInPart: Verb<typeof clearingCommands.acceptInPart> = async (tx, command) => {
  const { invoiceId, disputes } = command;
  const invoice = await getInvoice(tx, invoiceId);
  const dealing = await getDealing(tx, invoice);
  const { hun, endorsers, agreement } = dealing;
  requireMember(tx.caller, hun, ['aaa']);
  ensure(invoice.state === 'issued', 'WRONG_STATE', `invoice ${invoiceId} is ${invoice.state}, not issued`);
  const body = tx.transient(invoiceBody, 'body');
  ensure(
    command.bodyHash === invoice.bodyHash && body.hash === invoice.bodyHash,
    'HASH_MISMATCH',
    'the body is not that of the invoice',
  );
  const bodies = tx.transientList(disputeBody, 'disputes', disputes.length);
  const { texts } = tx.transientTexts('sessions', disputes.length);
  const places = decode(disputedPlace.array(), parseJson(tx.transientText('places'), 'places'), 'places');
  ensure(places.length === disputes.length, 'INVALID_ARGUMENT', 'places are not one for each dispute');
  const context = { tx, terms: openTerms(tx, agreement), sites: new Sites(tx) };

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
        value.laneId === invoice.laneId,
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
        vun: invoice.vun,
        hun: invoice.hun,
        state: 'disputed',
        bodyHash: opened.hash,
        disputedAtMs: tx.nowMs,
      },
      { endorsers },
    );
    tx.putPrivate(endorsers, privateKey.dispute(disputeId), opened.text);
  }

  const payable = tx.transient(payableStatement, 'payable');
  ensure(payable.hash === command.payableHash, 'HASH_MISMATCH', 'the payable does not hash to payableHash');
  requirePayable(payable.value, {
    ...body.value,
    payableMicros: body.value.payableMicros - disputedMicros,
  });
  tx.put(invoiceRecord, stateKey.invoice(invoiceId), {
    ...invoice,
    version: invoice.version + 1,
    state: 'accepted',
    payableHash: payable.hash,
  });
  tx.putPrivate(endorsers, privateKey.payable(invoiceId), payable.text);
};
