import { hash } from 'node:crypto';
import { merkleTree, verifyInclusion } from '@roamgrid/domain';
import type { InclusionPath } from './session-proofs.ts';

/** Merkle trees over bodies' hashes: whoever makes roots and ways, and whoever checks them. Spec: RFC 6962 §2.1. */

const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

export interface HashTree {
  readonly root: string;
  /** The way from one of the hashes to the root. */
  pathTo(index: number): InclusionPath;
}

/** The tree over hashes in their order. */
export const hashTree = (hashes: readonly string[]): HashTree => {
  const tree = merkleTree(sha256, hashes.map(bytes));
  return {
    root: hex(tree.root),
    pathTo: (index) => {
      const { leafIndex, treeSize, path } = tree.prove(index);
      return { index: leafIndex, size: treeSize, path: path.map(hex) };
    },
  };
};

/** Whether a hash lies under a root where the path says. */
export const isIncluded = (hashed: string, { index, size, path }: InclusionPath, root: string): boolean =>
  verifyInclusion(
    sha256,
    bytes(hashed),
    { leafIndex: index, treeSize: size, path: path.map(bytes) },
    bytes(root),
  );
