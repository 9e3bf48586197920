import { periodRecord, stateKey, type PeriodRecord } from '@roamgrid/wire';
import { requireActive, getUtility } from '../consortium/registry.ts';
import { ensure, requireMember, type Transaction } from '../context/index.ts';

/** Refuses whoever does not act for an active utility. */
export const requireActing = async (tx: Transaction, utilityId: string): Promise<void> => {
  const utility = await getUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['operator', 'aaa']);
  requireActive(tx, utility);
};

/** The period whose round is being netted. */
export const getCalled = async (tx: Transaction, periodId: string, round: number): Promise<PeriodRecord> => {
  const period = await tx.get(periodRecord, stateKey.period(periodId));
  ensure(
    period.state === 'called' && period.round === round,
    'WRONG_STATE',
    `of ${periodId} round ${period.round} is ${period.state}: round ${round} is not being netted`,
  );
  return period;
};

/** Members to go without, each once and in order, so that all write the same. */
export const requireOrdered = (without: readonly string[]): void => {
  ensure(
    without.every((utilityId, at) => at === 0 || (without[at - 1] ?? '') < utilityId),
    'INVALID_ARGUMENT',
    'without names each member once, in the order of their ids',
  );
};
