import { periodSpan } from '@roamgrid/domain';
import { periodRecord, stateKey, type nettingCommands } from '@roamgrid/wire';
import { getUtility, requireActive } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';

/**
 * Begins a round of a period's netting. Who calls early only invites: silence counts from the period's end. What comes after
 * a pair closed waits for the next round.
 */
export const call: Verb<typeof nettingCommands.call> = async (tx, { utilityId, periodId, round }) => {
  const utility = await getUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['operator']);
  requireActive(tx, utility);
  const key = stateKey.period(periodId);
  const before = await tx.find(periodRecord, key);
  ensure(
    before === undefined || before.state === 'netted',
    'WRONG_STATE',
    `round ${before?.round ?? 0} of ${periodId} is called and not netted yet`,
  );
  const due = (before?.round ?? 0) + 1;
  ensure(round === due, 'CONFLICT', `the next round of ${periodId} is ${due}, not ${round}`);
  tx.put(periodRecord, key, {
    type: 'period',
    version: (before?.version ?? 0) + 1,
    periodId,
    round,
    state: 'called',
    calledBy: utilityId,
    fromMs: Math.max(tx.nowMs, periodSpan(periodId)?.untilMs ?? 0),
  });
};
