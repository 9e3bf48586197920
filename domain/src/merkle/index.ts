export {
  hashLeaf,
  hashNode,
  merkleTree,
  type HashFunction,
  type InclusionProof,
  type MerkleTree,
} from './tree.ts';
export { verifyInclusion } from './verify.ts';
