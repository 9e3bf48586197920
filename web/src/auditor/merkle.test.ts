import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { merkleTree } from '@roamgrid/domain';
import { rootOf } from './merkle.ts';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const leavesOf = (size: number) => Array.from({ length: size }, (_, i) => sha256(Buffer.from(`record ${i}`)));

describe('a proof of inclusion in the browser', () => {
  it('leads every leaf of trees of 1 to 33 leaves to the root that the contracts compute', async () => {
    for (let size = 1; size <= 33; size += 1) {
      const leaves = leavesOf(size);
      const tree = merkleTree(sha256, leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = tree.prove(index).path.map(hex);
        assert.equal(await rootOf(hex(leaf), { index, size, path }), hex(tree.root), `${index} of ${size}`);
      }
    }
  });

  it('leads nowhere near the root with another leaf, place, size or path', async () => {
    const leaves = leavesOf(11);
    const tree = merkleTree(sha256, leaves);
    const root = hex(tree.root);
    const leaf = hex(leaves[5] ?? new Uint8Array());
    const path = tree.prove(5).path.map(hex);
    const wrong: readonly Parameters<typeof rootOf>[] = [
      [hex(leaves[6] ?? new Uint8Array()), { index: 5, size: 11, path }],
      [leaf, { index: 4, size: 11, path }],
      [leaf, { index: 5, size: 11, path: path.slice(1) }],
      [leaf, { index: 5, size: 11, path: [...path, root] }],
      [leaf, { index: 5, size: 11, path: [...path].reverse() }],
      [leaf, { index: 11, size: 11, path }],
      [leaf, { index: -1, size: 11, path }],
      [root, { index: 0, size: 1, path: [] }],
    ];
    for (const [text, proof] of wrong)
      assert.notEqual(await rootOf(text, proof), root, JSON.stringify(proof));
  });
});
