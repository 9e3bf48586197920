import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hashLeaf, hashNode, merkleTree, type HashFunction, type InclusionProof } from './tree.ts';
import { verifyInclusion } from './verify.ts';

const sha256: HashFunction = (data) => new Uint8Array(createHash('sha256').update(data).digest());
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** The leaves and roots that Certificate Transparency's own implementations are tested with (RFC 6962 §2.1). */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(bytes);
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** RFC 6962's recursive definition, word by word: the independent model. */
const modelRoot = (leaves: readonly Uint8Array[]): Uint8Array => {
  const [first] = leaves;
  if (first === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return hashLeaf(sha256, first);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hashNode(sha256, modelRoot(leaves.slice(0, split)), modelRoot(leaves.slice(split)));
};

const leaf = fc.uint8Array({ minLength: 32, maxLength: 32 });
const batch = fc.array(leaf, { minLength: 1, maxLength: 40 });

describe('the Merkle tree', () => {
  CT_ROOTS.forEach((root, size) => {
    it(`of the first ${size} published leaves has the published root`, () => {
      assert.equal(hex(merkleTree(sha256, CT_LEAVES.slice(0, size)).root), root);
    });
  });

  it('has the published path to leaf 0 of 8 and to leaf 5 of 8', () => {
    const tree = merkleTree(sha256, CT_LEAVES);
    assert.deepEqual(tree.prove(0).path.map(hex), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(tree.prove(5).path.map(hex), [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('has the root of the recursive definition', () => {
    fc.assert(
      fc.property(batch, (leaves) => hex(merkleTree(sha256, leaves).root) === hex(modelRoot(leaves))),
    );
  });

  it('proves each of its leaves, with a path no longer than the tree is high', () => {
    fc.assert(
      fc.property(batch, (leaves) => {
        const tree = merkleTree(sha256, leaves);
        leaves.forEach((data, index) => {
          const proof = tree.prove(index);
          assert.ok(verifyInclusion(sha256, data, proof, tree.root));
          assert.ok(2 ** proof.path.length < 2 * leaves.length);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('refuses to prove what is not in it', () => {
    const tree = merkleTree(sha256, CT_LEAVES);
    for (const index of [-1, 8, 0.5, Number.NaN]) assert.throws(() => tree.prove(index), RangeError);
    assert.throws(() => merkleTree(sha256, []).prove(0), RangeError);
  });
});

describe('an inclusion proof', () => {
  it('of another leaf, place, path or root is refused', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(leaf, { minLength: 2, maxLength: 20, selector: hex }),
        fc.nat(),
        fc.nat(),
        (leaves, pick, other) => {
          const tree = merkleTree(sha256, leaves);
          const index = pick % leaves.length;
          const data = leaves[index] ?? assert.fail();
          const proof = tree.prove(index);
          const otherIndex = (index + 1 + (other % (leaves.length - 1))) % leaves.length;
          const flipped = proof.path.map((node) => node.map((byte, at) => (at === 0 ? byte ^ 1 : byte)));
          const wrong: readonly InclusionProof[] = [
            { ...proof, leafIndex: otherIndex },
            { ...proof, path: flipped },
            { ...proof, path: proof.path.slice(1) },
            { ...proof, path: [...proof.path, tree.root] },
          ];
          for (const bad of wrong) assert.ok(!verifyInclusion(sha256, data, bad, tree.root));
          assert.ok(!verifyInclusion(sha256, leaves[otherIndex] ?? assert.fail(), proof, tree.root));
          assert.ok(!verifyInclusion(sha256, data, proof, tree.root.slice(1)));
        },
      ),
    );
  });

  it('cannot pass a node off as a leaf', () => {
    const [a, b, c, d] = CT_LEAVES.slice(1, 5);
    assert.ok(a && b && c && d);
    const tree = merkleTree(sha256, [a, b, c, d]);
    const node = Uint8Array.from([...hashLeaf(sha256, a), ...hashLeaf(sha256, b)]);
    const neighbour = hashNode(sha256, hashLeaf(sha256, c), hashLeaf(sha256, d));
    assert.ok(!verifyInclusion(sha256, node, { leafIndex: 0, treeSize: 2, path: [neighbour] }, tree.root));
  });

  it('that understates the tree is refused', () => {
    const [a, b] = CT_LEAVES.slice(1, 3);
    assert.ok(a && b);
    const tree = merkleTree(sha256, [a, b]);
    const path = [hashLeaf(sha256, a)];
    assert.ok(verifyInclusion(sha256, b, { leafIndex: 1, treeSize: 2, path }, tree.root));
    assert.ok(!verifyInclusion(sha256, b, { leafIndex: 0, treeSize: 1, path }, tree.root));
  });

  it('that is malformed is refused, not thrown at', () => {
    const proof = fc.record({
      leafIndex: fc.double(),
      treeSize: fc.double(),
      path: fc.array(fc.uint8Array()),
    });
    const root = sha256(new Uint8Array(1));
    fc.assert(fc.property(leaf, proof, (data, bad) => !verifyInclusion(sha256, data, bad, root)));
  });
});
