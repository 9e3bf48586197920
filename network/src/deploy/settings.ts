/** What deployment files on real hosts share: images, ports, and where things lie inside a container. */
import type { Organisation } from '../consortium/schema.ts';

/** Official images, and the consortium's own for its chaincode (`images/chaincode.Dockerfile`). */
export const IMAGES = {
  peer: 'hyperledger/fabric-peer:3.1.1',
  orderer: 'hyperledger/fabric-orderer:3.1.1',
  ca: 'hyperledger/fabric-ca:1.5.15',
  chaincode: 'roamgrid/chaincode',
} as const;

export const PORTS = {
  peer: 7051,
  /** Bound by a peer but unused: chaincode runs as a service. */
  peerChaincode: 7052,
  orderer: 7050,
  ordererAdmin: 7053,
  ca: 7054,
  operations: 9443,
  chaincode: 9999,
} as const;

/** Paths inside the containers. */
export const INSIDE = {
  fabricConfig: '/etc/hyperledger/fabric',
  msp: '/etc/hyperledger/fabric/msp',
  tls: '/etc/hyperledger/fabric/tls',
  data: '/var/hyperledger/production',
  /** The external builder that the official peer image brings; it reads the same packages as this project's own. */
  builder: '/opt/hyperledger/ccaas_builder',
  caHome: '/etc/hyperledger/fabric-ca-server',
  chaincodeTls: '/etc/roamgrid/tls',
} as const;

export type OrganisationKind = 'utility' | 'auditor' | 'ordering';

/** Public names of an organisation's nodes. */
export const peerHost = ({ domain }: Organisation): string => `peer0.${domain}`;
export const ordererHost = ({ domain }: Organisation): string => `orderer0.${domain}`;
export const caHost = ({ domain }: Organisation): string => `ca.${domain}`;

/** Files of a TLS certificate in a mounted folder, named as Kubernetes names them in a TLS secret. */
export const tlsFiles = (dir: string): { cert: string; key: string; rootCert: string } => ({
  cert: `${dir}/tls.crt`,
  key: `${dir}/tls.key`,
  rootCert: `${dir}/ca.crt`,
});
