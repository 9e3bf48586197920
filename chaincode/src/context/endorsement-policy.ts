import shim from 'fabric-shim';

const made = new Map<string, Uint8Array>();

/**
 * Serialised key-level policy: a peer of every one of these organisations. Sorted, so that all endorsers agree. There are
 * as many as pairs of utilities, so each is made once.
 */
export const endorsementPolicy = (mspIds: readonly string[]): Uint8Array => {
  const orgs = [...new Set(mspIds)].sort();
  const id = orgs.join(' ');
  const known = made.get(id);
  if (known !== undefined) return known;
  const policy = new shim.KeyEndorsementPolicy();
  policy.addOrgs('PEER', ...orgs);
  const bytes = policy.getPolicy();
  made.set(id, bytes);
  return bytes;
};
