import {
  Commitments,
  pairOf,
  pairPeriodRecord,
  positionRecord,
  stateKey,
  statementOf,
  type nettingCommands,
} from '@roamgrid/wire';
import { allUtilities, getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Transaction, type Verb } from '../../context/index.ts';
import { requireOrdered } from '../period.ts';
import { partsOf, type PairCommitment } from '../prove.ts';

/** Commitments of a member's pairs that closed the round, those with members left out aside. */
const ownPairs = async (
  tx: Transaction,
  { periodId, round, currency, utilityId, without }: PositionOf,
): Promise<readonly PairCommitment[]> => {
  const others = (await allUtilities(tx))
    .map((each) => each.utilityId)
    .filter((each) => each !== utilityId && !without.includes(each));
  const pairs = others.map((other) => pairOf(utilityId, other));
  await tx.prefetch(pairs.map(({ low, high }) => stateKey.pairPeriod(periodId, low, high)));
  const found: PairCommitment[] = [];
  for (const { low, high } of pairs) {
    const record = await tx.find(pairPeriodRecord, stateKey.pairPeriod(periodId, low, high));
    const balance = record && statementOf(record, round)?.balances.find((each) => each.currency === currency);
    if (balance !== undefined) found.push({ low, high, commitment: balance.commitment });
  }
  return found;
};

interface PositionOf {
  readonly periodId: string;
  readonly round: number;
  readonly currency: string;
  readonly utilityId: string;
  readonly without: readonly string[];
}

/**
 * A member says what all its balances come to, and opens the sum of their commitments: that is its agreement, and its own gateway
 * computes it from its own bodies. It may say so again when a pair closed since, or when members are left out.
 */
export const position: Verb<typeof nettingCommands.position> = async (tx, command) => {
  const { periodId, round, currency, utilityId, netMicros, blinding, without } = command;
  requireMember(tx.caller, await getUtility(tx, utilityId), ['operator', 'aaa']);
  requireOrdered(without);
  const key = stateKey.position(periodId, round, currency, utilityId);
  const before = await tx.find(positionRecord, key);
  const pairs = await ownPairs(tx, command);
  ensure(
    pairs.length > 0,
    'NOT_FOUND',
    `${utilityId} has no balance in ${currency} in round ${round} of ${periodId}`,
  );
  ensure(
    new Commitments().opens(partsOf(pairs, utilityId), { micros: netMicros, blinding }),
    'NOT_BALANCED',
    `the position of ${utilityId} in ${currency} is not what its ${pairs.length} balances come to`,
  );
  tx.put(positionRecord, key, {
    type: 'position',
    version: (before?.version ?? 0) + 1,
    periodId,
    round,
    currency,
    utilityId,
    without,
    netMicros,
    blinding,
  });
};
