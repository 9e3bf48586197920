import { hash } from 'node:crypto';
import { isInSum, sumLeaf, sumTree, type SumStep } from '@roamgrid/domain';
import { canonicalText } from '../signature/body-hash.ts';
import { originMatch, type OriginMatch, type OriginProof } from '../gateway/origin.ts';

/** Trees of sums over what a cancelled range of a certificate was matched to: home forms them, whoever is shown one checks it. */

const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');

const leafOf = (match: OriginMatch) =>
  sumLeaf(sha256, sha256(Buffer.from(canonicalText(originMatch, match), 'utf8')), match.energyWh);

export interface OriginTree {
  readonly matchRoot: string;
  readonly wh: bigint;
  stepsFrom(index: number): OriginProof['steps'];
}

/** The tree over the matches of one range, one at least, in their order. */
export const originTree = (matches: readonly OriginMatch[]): OriginTree => {
  const tree = sumTree(sha256, matches.map(leafOf));
  return {
    matchRoot: hex(tree.root.hash),
    wh: tree.root.wh,
    stepsFrom: (index) =>
      tree.stepsFrom(index).map(({ side, wh, hash: node }) => ({ side, wh, hash: hex(node) })),
  };
};

/** Whether the match is under the root, and all that is under it is no more than the range's Wh. */
export const isOriginProven = ({ match, matchRoot, wh, steps }: OriginProof): boolean => {
  const way = steps.map(({ side, wh: sum, hash: node }): SumStep => ({ side, wh: sum, hash: bytes(node) }));
  return isInSum(sha256, leafOf(match), way, { hash: bytes(matchRoot), wh });
};
