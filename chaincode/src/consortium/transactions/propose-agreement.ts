import {
  agreementRecord,
  agreementTerms,
  privateKey,
  signatoriesOf,
  stateKey,
  type consortiumCommands,
} from '@roamgrid/wire';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { checkTerms, mspIdsOf } from '../agreement.ts';
import { getActiveUtility } from '../registry.ts';

/**
 * Puts terms before the other party; counts as the proposer's signature. What is not signed yet can be proposed anew,
 * as the next version; terms once signed by both never change: other terms are another agreement.
 */
export const proposeAgreement: Verb<typeof consortiumCommands.proposeAgreement> = async (tx, command) => {
  const { agreementId, parties, witness, termsHash, validFromMs, validUntilMs, endNoticeMs } = command;
  ensure(
    (parties[0] === parties[1]) === (witness !== undefined) && witness !== parties[0],
    'INVALID_ARGUMENT',
    'an agreement needs two utilities: two parties, or one party twice and another as its witness',
  );
  ensure(validFromMs < validUntilMs, 'INVALID_ARGUMENT', 'validUntilMs must be after validFromMs');
  ensure(tx.nowMs < validUntilMs, 'EXPIRED', 'the agreement would have run out already');
  const [one, other] = signatoriesOf(command);
  const utilities = [await getActiveUtility(tx, one), await getActiveUtility(tx, other)];
  const own =
    utilities.find(({ mspId, utilityId }) => mspId === tx.caller.mspId && parties.includes(utilityId)) ??
    refuse('FORBIDDEN', `${tx.caller.mspId} is not a party of ${agreementId}`);
  requireMember(tx.caller, own, ['operator']);

  const terms = tx.transient(agreementTerms, 'terms');
  ensure(terms.hash === termsHash, 'HASH_MISMATCH', 'terms do not hash to termsHash');
  ensure(
    terms.value.agreementId === agreementId && terms.value.parties.every((id, at) => id === parties[at]),
    'INVALID_ARGUMENT',
    'terms name another agreement or other parties',
  );
  checkTerms(terms);

  const key = stateKey.agreement(agreementId);
  const before = await tx.find(agreementRecord, key);
  if (before !== undefined) {
    ensure(
      before.parties.every((id, at) => id === parties[at]),
      'CONFLICT',
      `${agreementId} is an agreement of ${before.parties.join(' and ')}`,
    );
    ensure(before.witness === witness, 'CONFLICT', `${agreementId} has another witness`);
    ensure(
      before.state === 'proposed',
      'WRONG_STATE',
      `${agreementId} is ${before.state}: propose another agreement`,
    );
  }
  const version = (before?.version ?? 0) + 1;
  const endorsers = mspIdsOf(utilities);
  tx.put(
    agreementRecord,
    key,
    {
      type: 'agreement',
      version,
      agreementId,
      parties,
      ...(witness !== undefined && { witness }),
      termsHash,
      validFromMs,
      validUntilMs,
      endNoticeMs,
      state: 'proposed',
      signedBy: [own.utilityId],
    },
    { endorsers },
  );
  tx.putPrivate(endorsers, privateKey.terms(agreementId, version), terms.text);
};
