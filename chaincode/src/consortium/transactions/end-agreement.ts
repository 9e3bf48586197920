import { agreementRecord, stateKey, type consortiumCommands } from '@roamgrid/wire';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { getAgreement, getParties } from '../agreement.ts';

/** Ends an agreement: nothing new starts under it, what was opened is still closed, invoiced and paid. */
export const endAgreement: Verb<typeof consortiumCommands.endAgreement> = async (tx, command) => {
  const agreement = await getAgreement(tx, command.agreementId);
  const parties = await getParties(tx, agreement.parties);
  const own =
    parties.find(({ mspId }) => mspId === tx.caller.mspId) ??
    refuse('FORBIDDEN', `${tx.caller.mspId} is not a party of ${agreement.agreementId}`);
  requireMember(tx.caller, own, ['operator']);
  ensure(
    agreement.version === command.version,
    'CONFLICT',
    `the agreement is at version ${agreement.version}, not ${command.version}`,
  );
  ensure(agreement.state !== 'ended', 'WRONG_STATE', 'the agreement has ended already');
  tx.put(agreementRecord, stateKey.agreement(agreement.agreementId), { ...agreement, state: 'ended' });
};
