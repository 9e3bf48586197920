import { agreementRecord, overAtMs, stateKey, type consortiumCommands } from '@roamgrid/wire';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { getAgreement, getSignatories } from '../agreement.ts';

/**
 * Ends an agreement after the notice that both signed: until then it is in force as before, so that nobody steps back from
 * what he has said yes to. Then nothing new starts under it; what was opened is still closed, invoiced and paid. A
 * proposal that was not signed binds nobody and is withdrawn at once.
 */
export const endAgreement: Verb<typeof consortiumCommands.endAgreement> = async (tx, command) => {
  const agreement = await getAgreement(tx, command.agreementId);
  const parties = await getSignatories(tx, agreement);
  const own =
    parties.find(({ mspId }) => mspId === tx.caller.mspId) ??
    refuse('FORBIDDEN', `${tx.caller.mspId} is not a party of ${agreement.agreementId}`);
  requireMember(tx.caller, own, ['operator']);
  ensure(
    agreement.version === command.version,
    'CONFLICT',
    `the agreement is at version ${agreement.version}, not ${command.version}`,
  );
  ensure(agreement.state !== 'withdrawn', 'WRONG_STATE', 'the proposal is withdrawn already');
  ensure(
    agreement.endsAtMs === undefined,
    'WRONG_STATE',
    `the agreement ends at ${overAtMs(agreement)} already`,
  );
  const change =
    agreement.state === 'proposed'
      ? { state: 'withdrawn' as const }
      : { endsAtMs: Math.min(agreement.validUntilMs, tx.nowMs + agreement.endNoticeMs) };
  tx.put(agreementRecord, stateKey.agreement(agreement.agreementId), { ...agreement, ...change });
};
