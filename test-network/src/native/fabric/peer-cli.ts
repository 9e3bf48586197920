/** Fabric's `peer` command line, as an organisation's administrator. */
import type { Organisation } from '@roamgrid/network';
import { HOST, type NetworkContext } from '../context.ts';
import { ADMIN } from '../crypto/organisation.ts';
import { nodeOf, type NetworkNode } from '../topology.ts';
import { run } from './run.ts';

/** Runs `peer …args` against the organisation's own peer; an ordering organisation, which has none, uses the first. */
export function peer(
  context: NetworkContext,
  organisation: Organisation,
  args: readonly string[],
): Promise<string> {
  const peers = context.ofKind('peer');
  const node = peers.find((each) => each.organisation.mspId === organisation.mspId) ?? peers[0];
  if (node === undefined) throw new Error('a network has peers');
  return run(context.binaries.path.peer, args, {
    FABRIC_CFG_PATH: context.paths.node(node.id),
    FABRIC_LOGGING_SPEC: 'warning',
    CORE_PEER_ADDRESS: `${HOST}:${node.port}`,
    CORE_PEER_LOCALMSPID: organisation.mspId,
    CORE_PEER_MSPCONFIGPATH: context.files(organisation).userMsp(ADMIN),
    CORE_PEER_TLS_ROOTCERT_FILE: context.files(node.organisation).tlsRoot(),
    CORE_PEER_CLIENT_CONNTIMEOUT: '10s',
  });
}

/** Arguments that send a transaction to an orderer. */
export function viaOrderer(context: NetworkContext, orderer: NetworkNode): string[] {
  const rootCert = context.files(orderer.organisation).tlsRoot();
  return ['--orderer', `${HOST}:${orderer.port}`, '--tls', '--cafile', rootCert];
}

/** Arguments that ask these organisations' peers to endorse. */
export function endorsedBy(context: NetworkContext, organisations: readonly Organisation[]): string[] {
  return organisations.flatMap((organisation) => {
    const { port } = nodeOf(context.nodes, organisation, 'peer');
    const rootCert = context.files(organisation).tlsRoot();
    return ['--peerAddresses', `${HOST}:${port}`, '--tlsRootCertFiles', rootCert];
  });
}
