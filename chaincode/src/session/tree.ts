import { hash } from 'node:crypto';
import { merkleTree, verifyInclusion } from '@roamgrid/domain';
import type { InclusionPath } from '@roamgrid/wire';

/** Merkle trees over bodies' hashes. Spec: RFC 6962 §2.1. */

const sha256 = (data: Uint8Array): Uint8Array => hash('sha256', data, 'buffer');
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

const treeOf = (hashes: readonly string[]) => merkleTree(sha256, hashes.map(bytes));

/** Root over hashes in their order. */
export const merkleRootOf = (hashes: readonly string[]): string => hex(treeOf(hashes).root);

/** The way from one of the hashes to their root. */
export const pathTo = (hashes: readonly string[], index: number): InclusionPath => {
  const { leafIndex, treeSize, path } = treeOf(hashes).prove(index);
  return { index: leafIndex, size: treeSize, path: path.map(hex) };
};

/** Whether a hash lies under a root where the path says. */
export const isIncluded = (hash: string, { index, size, path }: InclusionPath, root: string): boolean =>
  verifyInclusion(
    sha256,
    bytes(hash),
    { leafIndex: index, treeSize: size, path: path.map(bytes) },
    bytes(root),
  );
