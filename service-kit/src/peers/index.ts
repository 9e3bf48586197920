/** Machines of one operator that know each other by certificate: issuer and name, on both sides. */
export { createPeerClient, type PeerClient, type PeerRequest } from './ask-peer.ts';
export { PEER_ROLES, peerName, type Peer, type PeerRole } from './identity.ts';
export { createRefusalLog, type PeerRefusal } from './refusals.ts';
export { peerAuth, peerTls, type PeerIdentity } from './serve-peers.ts';
