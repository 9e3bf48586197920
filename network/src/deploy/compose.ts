/** One organisation's services on one host, as a compose file. Spec: Compose Specification. */
import type { Consortium, Organisation } from '../consortium/schema.ts';
import { chaincodeEnvironment, PACKAGE_ID_VARIABLE } from './chaincode-environment.ts';
import { caHost, IMAGES, INSIDE, ordererHost, peerHost, PORTS, type OrganisationKind } from './settings.ts';

/** Nothing runs with more rights than it needs, and logs cannot fill the disk. */
const common = {
  restart: 'unless-stopped',
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '5' } },
};

/** The address on which the host is reached from the consortium; set in `.env`. */
const published = (port: number): string => `\${PUBLIC_ADDRESS:?the address of this host}:${port}:${port}`;

const caService = (organisation: Organisation): object => ({
  ...common,
  image: IMAGES.ca,
  hostname: caHost(organisation),
  command: ['sh', '-c', 'fabric-ca-server start -b "admin:$$(cat /run/secrets/ca-admin-password)"'],
  environment: {
    FABRIC_CA_HOME: INSIDE.caHome,
    FABRIC_CA_SERVER_CA_NAME: `ca-${organisation.id}`,
    FABRIC_CA_SERVER_CSR_CN: caHost(organisation),
    FABRIC_CA_SERVER_CSR_HOSTS: `${caHost(organisation)},localhost`,
    FABRIC_CA_SERVER_TLS_ENABLED: 'true',
    FABRIC_CA_SERVER_PORT: String(PORTS.ca),
  },
  // Only this organisation enrols here, so the port stays on the host.
  ports: [`127.0.0.1:${PORTS.ca}:${PORTS.ca}`],
  volumes: [`ca-data:${INSIDE.caHome}`],
  secrets: ['ca-admin-password'],
});

const nodeVolumes = (configName: string): string[] => [
  `./${configName}:${INSIDE.fabricConfig}/${configName}:ro`,
  `./crypto/node/msp:${INSIDE.msp}:ro`,
  `./crypto/node/tls:${INSIDE.tls}:ro`,
  `node-data:${INSIDE.data}`,
];

const peerService = (organisation: Organisation, withChaincode: boolean): object => ({
  ...common,
  image: IMAGES.peer,
  hostname: peerHost(organisation),
  command: ['peer', 'node', 'start'],
  environment: { FABRIC_LOGGING_SPEC: 'info', FABRIC_CFG_PATH: INSIDE.fabricConfig },
  // Holds CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG: the chaincode's address and certificates.
  ...(withChaincode && { env_file: ['./builder.env'] }),
  ports: [published(PORTS.peer), `127.0.0.1:${PORTS.operations}:${PORTS.operations}`],
  volumes: nodeVolumes('core.yaml'),
  stop_grace_period: '30s',
});

const ordererService = (organisation: Organisation): object => ({
  ...common,
  image: IMAGES.orderer,
  hostname: ordererHost(organisation),
  command: ['orderer'],
  environment: { FABRIC_LOGGING_SPEC: 'info', FABRIC_CFG_PATH: INSIDE.fabricConfig },
  ports: [
    published(PORTS.orderer),
    ...[PORTS.ordererAdmin, PORTS.operations].map((port) => `127.0.0.1:${port}:${port}`),
  ],
  volumes: nodeVolumes('orderer.yaml'),
  stop_grace_period: '30s',
});

const chaincodeService = (consortium: Consortium, organisation: Organisation): object => ({
  ...common,
  image: `${IMAGES.chaincode}:${consortium.chaincode.version}`,
  hostname: 'chaincode',
  environment: {
    ...chaincodeEnvironment(organisation),
    [PACKAGE_ID_VARIABLE]:
      '${CHAINCODE_PACKAGE_ID:?the id that peer lifecycle chaincode queryinstalled prints}',
  },
  read_only: true,
  tmpfs: ['/tmp'],
  volumes: [`./crypto/chaincode/tls:${INSIDE.chaincodeTls}:ro`],
  depends_on: ['peer'],
});

/** The file's content as plain data. */
export function compose(consortium: Consortium, organisation: Organisation, kind: OrganisationKind): object {
  const services =
    kind === 'ordering'
      ? { orderer: ordererService(organisation) }
      : {
          peer: peerService(organisation, kind === 'utility'),
          ...(kind === 'utility' && { chaincode: chaincodeService(consortium, organisation) }),
        };
  return {
    name: `${consortium.name}-${organisation.id}`,
    services: { ca: caService(organisation), ...services },
    volumes: { 'ca-data': {}, 'node-data': {} },
    secrets: { 'ca-admin-password': { file: './secrets/ca-admin-password' } },
  };
}
