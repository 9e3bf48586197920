import { TLSSocket } from 'node:tls';
import type { TlsOptions } from '../http/server.ts';
import type { Auth } from '../http/route.ts';
import { kitError } from '../problem/service-error.ts';
import { isSamePeer, peerName, peerOf, type Peer, type PeerRole } from './identity.ts';
import type { PeerRefusal } from './refusals.ts';

/** Own key and certificate, and the authority whose certificates are taken; PEM. */
export interface PeerIdentity {
  readonly key: string;
  readonly cert: string;
  readonly authority: string;
}

export interface PeerDoor {
  readonly identity: PeerIdentity;
  /** Everybody who may come in, by name. */
  readonly known: readonly Peer[];
  readonly onRefused: (refusal: PeerRefusal) => void;
}

const addressOf = (socket: TLSSocket): string => socket.remoteAddress ?? 'unknown';

/** Node's word for what is wrong with a certificate; its types call it an error. */
const faultOf = (socket: TLSSocket): string => {
  const fault: unknown = socket.authorizationError;
  return typeof fault === 'string' ? fault : 'UNVERIFIED';
};

/**
 * The TLS side of a door for known peers alone. A certificate of another authority, one that is over, and one that names nobody whom this
 * door knows end the connection before anything is read from it.
 */
export const peerTls = ({ identity, known, onRefused }: PeerDoor): TlsOptions => ({
  key: identity.key,
  cert: identity.cert,
  clientCa: identity.authority,
  isStrict: true,
  admits: (socket) => {
    const certificate = socket.getPeerX509Certificate();
    const peer = certificate && peerOf(certificate);
    const of = {
      side: 'serving' as const,
      address: addressOf(socket),
      ...(peer !== undefined && { shown: peerName(peer) }),
    };
    if (certificate === undefined) onRefused({ code: 'CERTIFICATE_MISSING', ...of });
    else if (!socket.authorized) onRefused({ code: 'CERTIFICATE_UNTRUSTED', ...of, reason: faultOf(socket) });
    else if (peer === undefined || !known.some((one) => isSamePeer(one, peer))) {
      onRefused({ code: 'PEER_UNKNOWN', ...of });
    } else return true;
    return false;
  },
});

/** Takes requests of peers in these roles: whom the request's own connection showed, and nothing that it says. */
export const peerAuth = (...roles: readonly PeerRole[]): Auth<Peer> => ({
  schemeName: 'peerCertificate',
  scheme: { type: 'mutualTLS' },
  authenticate: ({ socket }) => {
    const certificate =
      socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
    const peer = certificate && peerOf(certificate);
    if (peer === undefined) throw kitError('UNAUTHENTICATED', 'come in with a certificate that names a peer');
    if (!roles.includes(peer.role)) {
      throw kitError('FORBIDDEN', `this is for ${roles.join(' and ')}, not for a ${peer.role}`);
    }
    return Promise.resolve(peer);
  },
});
