import {
  answerBody,
  bodyHash,
  canonicalText,
  disputeIdOf,
  privateKey,
  sessionCloseBody,
  type clearingCommands,
  type DisputeBody,
} from '@roamgrid/wire';
import { openTerms, type Dealing } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import { readSettled } from '../../session/settling.ts';
import { Sites } from '../../session/sites.ts';
import { getDisputed, openDispute, putDispute, requireEvidence } from '../disputes.ts';
import { NOTHING, owedOf, requireOwed, requireRevision, type Owed } from '../rerate.ts';

/** What a revised record comes to; its close goes to both parties. */
const revise = async (
  tx: Transaction,
  { agreement, endorsers }: Dealing,
  disputed: DisputeBody,
): Promise<Owed> => {
  const { disputeId } = disputed;
  const text = tx.transientText('session');
  ensure(
    disputeIdOf(bodyHash(text)) === disputeId,
    'HASH_MISMATCH',
    `the settled session is not the one of dispute ${disputeId}`,
  );
  const close = tx.transient(sessionCloseBody, 'close');
  const context = { tx, terms: openTerms(tx, agreement), sites: new Sites(tx) };
  const amounts = await requireRevision(context, readSettled(text, 0), close.value, disputed);
  tx.putPrivate(endorsers, privateKey.revision(disputeId), canonicalText(sessionCloseBody, close.value));
  return owedOf(amounts);
};

/**
 * The visited utility answers a dispute: with another close of the session, lower or higher; by standing by the record; or
 * by crediting it whole. The disputed record itself stays as it is.
 */
export const answer: Verb<typeof clearingCommands.answer> = async (tx, command) => {
  const { disputeId, outcome } = command;
  const { record, dealing } = await getDisputed(tx, disputeId);
  requireMember(tx.caller, dealing.vun, ['aaa']);
  ensure(record.state === 'disputed', 'WRONG_STATE', `dispute ${disputeId} is ${record.state}, not disputed`);
  const disputed = openDispute(tx, record);
  const given = tx.transient(answerBody, 'answer');
  ensure(given.hash === command.answerHash, 'HASH_MISMATCH', 'the answer does not hash to answerHash');
  ensure(
    given.value.disputeId === disputeId && given.value.outcome === outcome,
    'INVALID_ARGUMENT',
    'the answer names another dispute or outcome than the command',
  );
  requireEvidence(given.value, 'the answer');
  const owed =
    outcome === 'revised'
      ? await revise(tx, dealing, disputed)
      : outcome === 'upheld'
        ? disputed
        : { currency: disputed.currency, ...NOTHING };
  requireOwed(given.value, owed, 'the answer');
  ensure(
    record.late !== true ||
      (owed.totalMicros <= disputed.totalMicros && owed.payableMicros <= disputed.payableMicros),
    'OUTSIDE_AGREEMENT',
    `record ${disputeId} was accepted as it was billed: what is contested afterwards is not revised upwards`,
  );
  putDispute(tx, record, { state: outcome, answerHash: given.hash, answeredAtMs: tx.nowMs });
  tx.putPrivate(dealing.endorsers, privateKey.answer(disputeId), given.text);
};
