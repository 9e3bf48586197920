/** What follows from a consortium's data. */
import type { Consortium, Organisation } from './schema.ts';

/** The ordering organisations that run a node: all under BFT, the largest odd number from the front under Raft. */
export function activeOrderers({ ordering }: Consortium): Organisation[] {
  const { organisations, consensus } = ordering;
  if (consensus === 'bft') return organisations;
  return organisations.slice(0, organisations.length - (organisations.length % 2 === 0 ? 1 : 0));
}

/** Organisations with a peer: the utilities, then the auditors. */
export const peerOrganisations = ({ utilities, auditors }: Consortium): Organisation[] => [
  ...utilities,
  ...auditors,
];

/** How many utilities must endorse a transaction that no key-level policy narrows. */
export function requiredEndorsements({ chaincode, utilities }: Consortium): number {
  const { endorsement } = chaincode;
  return endorsement.rule === 'out-of' ? endorsement.required : Math.floor(utilities.length / 2) + 1;
}
