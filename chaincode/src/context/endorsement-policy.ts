import shim from 'fabric-shim';

/** Serialised key-level policy: a peer of every one of these organisations. Sorted, so that all endorsers agree. */
export const endorsementPolicy = (mspIds: readonly string[]): Uint8Array => {
  const policy = new shim.KeyEndorsementPolicy();
  policy.addOrgs('PEER', ...[...new Set(mspIds)].sort());
  return policy.getPolicy();
};
