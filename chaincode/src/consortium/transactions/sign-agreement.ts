import { agreementRecord, stateKey, type consortiumCommands } from '@roamgrid/wire';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { getAgreement, getSignatories } from '../agreement.ts';
import { requireActive } from '../registry.ts';

/** The other party's signature: it names the version and the hash of the terms that it agrees to. */
export const signAgreement: Verb<typeof consortiumCommands.signAgreement> = async (tx, command) => {
  const agreement = await getAgreement(tx, command.agreementId);
  const parties = await getSignatories(tx, agreement);
  const own =
    parties.find(
      ({ mspId, utilityId }) => mspId === tx.caller.mspId && !agreement.signedBy.includes(utilityId),
    ) ?? refuse('FORBIDDEN', `${tx.caller.mspId} is not the party whose signature is missing`);
  requireMember(tx.caller, own, ['operator']);
  for (const party of parties) requireActive(tx, party);
  ensure(agreement.state === 'proposed', 'WRONG_STATE', `the agreement is ${agreement.state}, not proposed`);
  ensure(
    agreement.version === command.version,
    'CONFLICT',
    `version ${agreement.version} is proposed, not ${command.version}: read it again`,
  );
  ensure(agreement.termsHash === command.termsHash, 'HASH_MISMATCH', 'termsHash is not that of the proposal');
  ensure(tx.nowMs < agreement.validUntilMs, 'EXPIRED', 'the agreement has run out');
  tx.put(agreementRecord, stateKey.agreement(agreement.agreementId), {
    ...agreement,
    state: 'active',
    signedBy: [...agreement.signedBy, own.utilityId],
  });
};
