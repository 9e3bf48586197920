import {
  activeAt,
  carries,
  stateKey,
  utilityRecord,
  voteRecord,
  type consortiumCommands,
  type UtilityRecord,
  type VoteDecision,
} from '@roamgrid/wire';
import { ensure, refuse, requireRole, type Verb } from '../../context/index.ts';
import { allUtilities } from '../registry.ts';

/** The status in which a utility's standing can be voted on so. */
const STATUS_BEFORE = { admit: 'applied', suspend: 'active', reinstate: 'suspended' } as const;

/** Version of the matter as it stands; refuses what there is nothing to vote on. */
const versionOf = (subject: UtilityRecord, decision: VoteDecision): number => {
  const { utilityId, status, statusVersion, pendingIssuer, registrar } = subject;
  if (decision === 'issuer') {
    return (
      pendingIssuer?.version ??
      refuse('WRONG_STATE', `${utilityId} does not ask for another issuer or address`)
    );
  }
  if (decision === 'appoint-registrar' || decision === 'dismiss-registrar') {
    const isRegistrar = registrar?.active ?? false;
    ensure(
      status === 'active' && isRegistrar === (decision === 'dismiss-registrar'),
      'WRONG_STATE',
      `${utilityId} is ${status} and ${isRegistrar ? 'a registrar' : 'no registrar'}`,
    );
    return (registrar?.version ?? 0) + 1;
  }
  const needed = STATUS_BEFORE[decision];
  ensure(
    status === needed,
    'WRONG_STATE',
    `${utilityId} is ${status}, and ${decision} is of one that is ${needed}`,
  );
  return statusVersion;
};

/** What nobody decides about himself. */
const OTHERS_DECIDE: readonly VoteDecision[] = ['suspend', 'appoint-registrar', 'dismiss-registrar'];

/** Organisations with a vote: those of active utilities, but nobody judges whether he himself is to be suspended or trusted. */
const votersOn = (
  subject: UtilityRecord,
  decision: VoteDecision,
  utilities: readonly UtilityRecord[],
  nowMs: number,
): ReadonlySet<string> => {
  const voters = new Set(utilities.filter((each) => activeAt(each, nowMs)).map(({ mspId }) => mspId));
  if (OTHERS_DECIDE.includes(decision)) voters.delete(subject.mspId);
  return voters;
};

/** The subject's next version, as the decision makes it. */
const carriedOut = (subject: UtilityRecord, decision: VoteDecision, nowMs: number): UtilityRecord => {
  const { pendingIssuer, ...rest } = subject;
  const version = subject.version + 1;
  if (decision === 'issuer') {
    const { oidcIssuer, aaaUrl } = pendingIssuer ?? rest;
    return { ...rest, version, oidcIssuer, aaaUrl };
  }
  if (decision === 'appoint-registrar' || decision === 'dismiss-registrar') {
    const active = decision === 'appoint-registrar';
    const registrar = { version: (subject.registrar?.version ?? 0) + 1, active, fromMs: nowMs };
    return { ...subject, version, registrar };
  }
  const status = decision === 'suspend' ? 'suspended' : 'active';
  return { ...subject, version, status, statusFromMs: nowMs, statusVersion: version };
};

/**
 * Votes about a member or an applicant. Votes have keys of their own; those on one matter are read as a range, so that of
 * two at once the later is told again and counts the earlier. Only votes of those count who are members still.
 */
export const vote: Verb<typeof consortiumCommands.vote> = async (tx, command) => {
  const { utilityId, decision, version, yes } = command;
  const { mspId } = tx.caller;
  requireRole(tx.caller, ['operator']);
  const utilities = await allUtilities(tx);
  const subject =
    utilities.find((each) => each.utilityId === utilityId) ??
    refuse('NOT_FOUND', `nobody is or applies to be ${utilityId}`);
  const voters = votersOn(subject, decision, utilities, tx.nowMs);
  ensure(
    voters.has(mspId),
    'FORBIDDEN',
    `${mspId} has no vote here: it takes an active utility that it does not concern`,
  );
  const onVersion = versionOf(subject, decision);
  ensure(
    version === onVersion,
    'CONFLICT',
    `version ${onVersion} is voted on, not ${version}: read ${utilityId} again`,
  );

  const first = stateKey.vote(utilityId, decision, onVersion, '');
  const votes = await tx.range(voteRecord, first, `${first.slice(0, -1)};`);
  const before = votes.find((each) => each.mspId === mspId);
  const inFavour = votes.filter((each) => each.yes && each.mspId !== mspId && voters.has(each.mspId)).length;
  tx.put(voteRecord, stateKey.vote(utilityId, decision, onVersion, mspId), {
    type: 'vote',
    version: (before?.version ?? 0) + 1,
    utilityId,
    decision,
    onVersion,
    mspId,
    yes,
    votedAtMs: tx.nowMs,
  });
  if (!carries(decision, inFavour + (yes ? 1 : 0), voters.size)) return;
  tx.put(utilityRecord, stateKey.utility(utilityId), carriedOut(subject, decision, tx.nowMs));
};
