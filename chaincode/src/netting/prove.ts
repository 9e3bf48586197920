import type { Commitments } from '@roamgrid/wire';
import { type NettingRecord, type PositionRecord, type Signed } from '@roamgrid/wire';
import type { NetPosition } from '@roamgrid/domain';
import { ensure } from '../context/index.ts';

export type PairCommitment = NettingRecord['pairs'][number];

/** What a member's position is the sum of: what it is owed as the higher of a pair, less what it owes as the lower. */
export const partsOf = (pairs: readonly PairCommitment[], utilityId: string): readonly Signed<string>[] =>
  pairs.flatMap(({ low, high, commitment }): Signed<string>[] => {
    if (low === utilityId) return [{ sign: -1, of: commitment }];
    return high === utilityId ? [{ sign: 1, of: commitment }] : [];
  });

export const membersOf = (pairs: readonly Pick<PairCommitment, 'low' | 'high'>[]): readonly string[] =>
  [...new Set(pairs.flatMap(({ low, high }) => [low, high]))].sort();

/** Pairs of which no member is left out. */
export const pairsWithout = <P extends Pick<PairCommitment, 'low' | 'high'>>(
  pairs: readonly P[],
  without: ReadonlySet<string>,
): readonly P[] => pairs.filter(({ low, high }) => !without.has(low) && !without.has(high));

export interface Stated {
  readonly pairs: readonly PairCommitment[];
  /** Positions as members stated them, by member. */
  readonly positions: ReadonlyMap<string, Pick<PositionRecord, 'netMicros' | 'blinding'>>;
  readonly commitments: Commitments;
}

const isProven = ({ pairs, positions, commitments }: Stated, utilityId: string): boolean => {
  const stated = positions.get(utilityId);
  if (stated === undefined) return false;
  const { netMicros: micros, blinding } = stated;
  return commitments.opens(partsOf(pairs, utilityId), { micros, blinding });
};

export interface Silence {
  /** Whether the time in which positions are stated is over. */
  readonly isOver: boolean;
  readonly untilMs: number;
}

/**
 * Every member's net position, each proven by the commitments of its pairs. Of one member that says nothing the position is what
 * the others' leave: they sum to zero, and so do the commitments. With two, nobody could tell theirs apart.
 */
export const provePositions = (stated: Stated, silence: Silence): readonly NetPosition<string>[] => {
  const members = membersOf(stated.pairs);
  const silent = members.filter((utilityId) => !isProven(stated, utilityId));
  ensure(
    silent.length === 0 || silence.isOver,
    'WRONG_STATE',
    `no position that its balances prove was stated by ${silent.join(', ')}: they have until ${silence.untilMs}`,
  );
  ensure(
    silent.length <= 1,
    'WRONG_STATE',
    `no position that their balances prove was stated by ${silent.join(', ')}: go on without them`,
  );
  const others = members
    .filter((utilityId) => !silent.includes(utilityId))
    .map((utility) => ({ utility, netMicros: stated.positions.get(utility)?.netMicros ?? 0n }));
  const sum = others.reduce((total, { netMicros }) => total + netMicros, 0n);
  const [derived] = silent;
  ensure(derived !== undefined || sum === 0n, 'NOT_BALANCED', `the net positions sum to ${sum}, not to zero`);
  const all = derived === undefined ? others : [...others, { utility: derived, netMicros: -sum }];
  return [...all].sort((one, other) => (one.utility < other.utility ? -1 : 1));
};

/** Refuses to go on without a member that has stated, and proven, its position. */
export const requireSilent = (
  allPairs: readonly PairCommitment[],
  without: readonly string[],
  utilityId: string,
  stated: Omit<Stated, 'pairs'>,
): void => {
  const others = new Set(without.filter((each) => each !== utilityId));
  const pairs = pairsWithout(allPairs, others);
  ensure(
    !isProven({ ...stated, pairs }, utilityId),
    'WRONG_STATE',
    `${utilityId} has stated its position: it is not left out`,
  );
};
