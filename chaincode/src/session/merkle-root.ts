import { createHash } from 'node:crypto';
import { merkleTree } from '@roamgrid/domain';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();

/** Root over the close hashes of a batch in its order. Spec: RFC 6962 §2.1. */
export const merkleRootOf = (closeHashes: readonly string[]): string =>
  Buffer.from(
    merkleTree(
      sha256,
      closeHashes.map((hash) => Buffer.from(hash, 'hex')),
    ).root,
  ).toString('hex');
