import { createHash } from 'node:crypto';
import { merkleTree } from '@roamgrid/domain';
import type { InclusionPath } from '@roamgrid/wire';

/** Merkle trees over bodies' hashes, as the contracts verify them. Spec: RFC 6962 §2.1. */

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

export interface HashTree {
  readonly root: string;
  /** The way from one of the hashes to the root. */
  pathTo(index: number): InclusionPath;
}

export const hashTree = (hashes: readonly string[]): HashTree => {
  const tree = merkleTree(
    sha256,
    hashes.map((hash) => Buffer.from(hash, 'hex')),
  );
  return {
    root: hex(tree.root),
    pathTo: (index) => {
      const { leafIndex, treeSize, path } = tree.prove(index);
      return { index: leafIndex, size: treeSize, path: path.map(hex) };
    },
  };
};
