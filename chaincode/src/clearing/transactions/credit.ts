import { SHARE_PARTIES } from '@roamgrid/domain';
import {
  creditBody,
  creditRecord,
  privateKey,
  stateKey,
  type AnswerBody,
  type clearingCommands,
  type CreditBody,
  type DisputeBody,
  type DisputeRecord,
} from '@roamgrid/wire';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { noteDue } from '../../netting/pair.ts';
import { getDisputed, openAnswer, openDispute, putDispute } from '../disputes.ts';
import { openOwed, requireOwes } from '../invoicing.ts';
import { NOTHING, type Owed } from '../rerate.ts';
import { requireRunning } from '../running-period.ts';

type Stands = Pick<AnswerBody, 'energyWh' | 'totalMicros' | 'shares' | 'payableMicros'>;

/** Refuses a note that is of another dispute, or takes back anything else than was billed and does not stand. */
const requireNote = (
  body: CreditBody,
  { creditId, periodId }: { readonly creditId: string; readonly periodId: string },
  { disputeId, invoiceId, agreementId, vun, hun }: DisputeRecord,
  billed: DisputeBody,
  stands: Stands,
): void => {
  ensure(
    body.creditId === creditId &&
      body.periodId === periodId &&
      body.disputeId === disputeId &&
      body.invoiceId === invoiceId &&
      body.agreementId === agreementId &&
      body.vun === vun &&
      body.hun === hun,
    'INVALID_ARGUMENT',
    'the credit note names another dispute, invoice, pair, period or note',
  );
  const less = (of: (each: Stands | Owed) => bigint): bigint => of(billed) - of(stands);
  ensure(
    body.currency === billed.currency &&
      body.energyWh === less(({ energyWh }) => energyWh) &&
      body.totalMicros === less(({ totalMicros }) => totalMicros) &&
      body.payableMicros === less(({ payableMicros }) => payableMicros) &&
      SHARE_PARTIES.every((party) => body.shares[party] === less(({ shares }) => shares[party])),
    'CDR_MISMATCH',
    `the credit note is not what was billed less what stands: ${less(({ payableMicros }) => payableMicros)} micros are owed back`,
  );
};

/**
 * What a late dispute came to goes back as a credit note, which the pair nets next: the visited utility is its debtor. Either
 * party may say so, because the amount follows from the dispute and its answer.
 */
export const credit: Verb<typeof clearingCommands.credit> = async (tx, command) => {
  const { disputeId, creditId, periodId } = command;
  requireRunning(tx, periodId);
  const { record, dealing } = await getDisputed(tx, disputeId);
  const { vun, hun, endorsers, agreement } = dealing;
  requireMember(tx.caller, tx.caller.mspId === vun.mspId ? vun : hun, ['aaa']);
  ensure(
    record.late === true && (record.state === 'revised' || record.state === 'credited'),
    'WRONG_STATE',
    `dispute ${disputeId} is ${record.state}${record.late === true ? '' : ' and no late one'}: only a late one that was revised or credited leads to a credit note`,
  );
  const billed = openDispute(tx, record);
  const stands = record.answerHash === undefined ? NOTHING : openAnswer(tx, record);
  const key = stateKey.credit(creditId);
  await tx.requireAbsent(key);
  const { body, payable } = openOwed(tx, creditBody, command);
  requireNote(body.value, command, record, billed, stands);
  const { currency, payableMicros } = body.value;
  requireOwes(
    payable.value,
    {
      invoiceId: creditId,
      periodId,
      debtor: record.vun,
      creditor: record.hun,
      currency,
      payableMicros,
    },
    'credit note',
  );
  tx.put(
    creditRecord,
    key,
    {
      type: 'credit',
      version: 1,
      creditId,
      invoiceId: record.invoiceId,
      agreementId: agreement.agreementId,
      vun: record.vun,
      hun: record.hun,
      periodId,
      state: 'accepted',
      bodyHash: body.hash,
      payableHash: payable.hash,
      issuedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  tx.putPrivate(endorsers, privateKey.credit(creditId), body.text);
  tx.putPrivate(endorsers, privateKey.payable(creditId), payable.text);
  await noteDue(
    tx,
    { vun: record.vun, hun: record.hun, periodId, document: `credit:${creditId}` },
    endorsers,
  );
  putDispute(tx, record, { state: 'settled', creditId });
};
