import type { X509Certificate } from 'node:crypto';

/**
 * Who machines of one operator are to each other: a role and an id, in their certificate as one address of the kind
 * `urn:roamgrid:cabinet:s1`. Its authority alone is not enough: who shows the certificate of another is refused as well.
 * Spec: RFC 5280 §4.2.1.6, uniformResourceIdentifier.
 */
export const PEER_ROLES = ['controller', 'cabinet', 'blade', 'sensor'] as const;
export type PeerRole = (typeof PEER_ROLES)[number];

export interface Peer {
  readonly role: PeerRole;
  readonly id: string;
}

const PREFIX = 'urn:roamgrid:';
const NAME = /^urn:roamgrid:([a-z]+):([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

export const peerName = ({ role, id }: Peer): string => `${PREFIX}${role}:${id}`;

export const isSamePeer = (one: Peer, other: Peer): boolean => peerName(one) === peerName(other);

/**
 * The peer that a certificate names; undefined when it names none, or more than one. Node writes the names in a list and quotes what holds a
 * comma, so that no part of a name can look like another name.
 */
export const peerOf = (certificate: X509Certificate): Peer | undefined => {
  const uris = (certificate.subjectAltName ?? '').split(', ').flatMap((name) => {
    const uri = name.startsWith('URI:') ? name.slice('URI:'.length) : '';
    return uri.startsWith(PREFIX) ? [uri] : [];
  });
  const [, role, id] = NAME.exec(uris.length === 1 ? (uris[0] ?? '') : '') ?? [];
  const known = PEER_ROLES.find((one) => one === role);
  return known === undefined || id === undefined ? undefined : { role: known, id };
};
