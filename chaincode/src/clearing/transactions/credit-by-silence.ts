import type { clearingCommands } from '@roamgrid/wire';
import { openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getDisputed, putDispute } from '../disputes.ts';
import { requireSilence } from '../silence.ts';

/** The visited utility did not answer a dispute in the agreed time: the record stays credited, the home utility says so. */
export const creditBySilence: Verb<typeof clearingCommands.creditBySilence> = async (tx, { disputeId }) => {
  const { record, dealing } = await getDisputed(tx, disputeId);
  requireMember(tx.caller, dealing.hun, ['aaa']);
  ensure(record.state === 'disputed', 'WRONG_STATE', `dispute ${disputeId} is ${record.state}, not disputed`);
  const terms = openTerms(tx, dealing.agreement);
  requireSilence(tx, terms, record.disputedAtMs, `the visited utility, asked to answer ${disputeId},`);
  putDispute(tx, record, { state: 'credited', answeredAtMs: tx.nowMs });
  tx.endorseBy(dealing.endorsers);
};
