/** The workloads of one organisation: certificate authority, peer or orderer, chaincode. */
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IContainer, IVolume } from 'kubernetes-models/v1';
import type { Consortium, Organisation } from '../../consortium/schema.ts';
import { BUILDER_CONFIG_VARIABLE } from '../../node/peer-config.ts';
import { chaincodeEnvironment, PACKAGE_ID_VARIABLE } from '../chaincode-environment.ts';
import { caHost, IMAGES, INSIDE, PORTS, type OrganisationKind } from '../settings.ts';
import {
  dataClaim,
  healthProbes,
  labelsOf,
  mspVolume,
  portProbe,
  restrictedContainer,
  restrictedPod,
  secretVolume,
} from './parts.ts';

interface Stateful {
  readonly name: string;
  readonly namespace: string;
  readonly container: IContainer;
  readonly volumes: IVolume[];
  readonly dataPath: string;
  readonly storage: string;
}

const statefulSet = ({ name, namespace, container, volumes, dataPath, storage }: Stateful): IStatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name, namespace, labels: labelsOf(name, namespace) },
  spec: {
    serviceName: name,
    // A second replica would sign with the same identity over another ledger: further peers are further StatefulSets.
    replicas: 1,
    selector: { matchLabels: labelsOf(name, namespace) },
    template: {
      metadata: { labels: labelsOf(name, namespace) },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 30,
        securityContext: restrictedPod,
        volumes,
        containers: [
          {
            ...container,
            securityContext: restrictedContainer(false),
            volumeMounts: [...(container.volumeMounts ?? []), { name: 'data', mountPath: dataPath }],
          },
        ],
      },
    },
    volumeClaimTemplates: [dataClaim('data', storage)],
  },
});

const containerPorts = (ports: Readonly<Record<string, number>>): NonNullable<IContainer['ports']> =>
  Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort }));

export const caWorkload = (organisation: Organisation, namespace: string): IStatefulSet =>
  statefulSet({
    name: 'ca',
    namespace,
    dataPath: INSIDE.caHome,
    storage: '1Gi',
    volumes: [],
    container: {
      name: 'ca',
      image: IMAGES.ca,
      command: ['sh', '-c', 'fabric-ca-server start -b "admin:$CA_ADMIN_PASSWORD"'],
      env: [
        { name: 'FABRIC_CA_HOME', value: INSIDE.caHome },
        { name: 'FABRIC_CA_SERVER_CA_NAME', value: `ca-${organisation.id}` },
        { name: 'FABRIC_CA_SERVER_CSR_CN', value: caHost(organisation) },
        { name: 'FABRIC_CA_SERVER_CSR_HOSTS', value: `${caHost(organisation)},ca,localhost` },
        { name: 'FABRIC_CA_SERVER_TLS_ENABLED', value: 'true' },
        { name: 'FABRIC_CA_SERVER_PORT', value: String(PORTS.ca) },
        { name: 'CA_ADMIN_PASSWORD', valueFrom: { secretKeyRef: { name: 'ca-admin', key: 'password' } } },
      ],
      ports: containerPorts({ ca: PORTS.ca }),
      resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
      ...portProbe(PORTS.ca),
    },
  });

const fabricMounts = (configName: string): NonNullable<IContainer['volumeMounts']> => [
  { name: 'config', mountPath: `${INSIDE.fabricConfig}/${configName}`, subPath: configName, readOnly: true },
  { name: 'msp', mountPath: INSIDE.msp, readOnly: true },
  { name: 'tls', mountPath: INSIDE.tls, readOnly: true },
];

const fabricVolumes = (configMap: string): IVolume[] => [
  { name: 'config', configMap: { name: configMap } },
  mspVolume,
  secretVolume('tls', 'node-tls'),
];

const loggingEnv = [
  { name: 'FABRIC_CFG_PATH', value: INSIDE.fabricConfig },
  { name: 'FABRIC_LOGGING_SPEC', value: 'info' },
];

export const peerWorkload = (kind: OrganisationKind, namespace: string): IStatefulSet =>
  statefulSet({
    name: 'peer0',
    namespace,
    dataPath: INSIDE.data,
    storage: '100Gi',
    volumes: fabricVolumes('peer-config'),
    container: {
      name: 'peer',
      image: IMAGES.peer,
      command: ['peer', 'node', 'start'],
      env: [
        ...loggingEnv,
        ...(kind === 'utility'
          ? [
              {
                name: BUILDER_CONFIG_VARIABLE,
                valueFrom: { secretKeyRef: { name: 'chaincode-connection', key: 'builder.json' } },
              },
            ]
          : []),
      ],
      ports: containerPorts({ peer: PORTS.peer, operations: PORTS.operations }),
      resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '4Gi' } },
      volumeMounts: fabricMounts('core.yaml'),
      ...healthProbes,
    },
  });

export const ordererWorkload = (namespace: string): IStatefulSet =>
  statefulSet({
    name: 'orderer0',
    namespace,
    dataPath: INSIDE.data,
    storage: '100Gi',
    volumes: fabricVolumes('orderer-config'),
    container: {
      name: 'orderer',
      image: IMAGES.orderer,
      command: ['orderer'],
      env: loggingEnv,
      ports: containerPorts({
        orderer: PORTS.orderer,
        admin: PORTS.ordererAdmin,
        operations: PORTS.operations,
      }),
      resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '2Gi' } },
      volumeMounts: fabricMounts('orderer.yaml'),
      ...healthProbes,
    },
  });

export const chaincodeWorkload = (
  consortium: Consortium,
  organisation: Organisation,
  namespace: string,
): IDeployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'chaincode', namespace, labels: labelsOf('chaincode', namespace) },
  spec: {
    replicas: 1,
    // Two versions at once would answer one peer under the same address.
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labelsOf('chaincode', namespace) },
    template: {
      metadata: { labels: labelsOf('chaincode', namespace) },
      spec: {
        automountServiceAccountToken: false,
        securityContext: restrictedPod,
        volumes: [secretVolume('tls', 'chaincode-tls'), { name: 'tmp', emptyDir: {} }],
        containers: [
          {
            name: 'chaincode',
            image: `${IMAGES.chaincode}:${consortium.chaincode.version}`,
            env: [
              ...Object.entries(chaincodeEnvironment(organisation)).map(([name, value]) => ({ name, value })),
              {
                name: PACKAGE_ID_VARIABLE,
                valueFrom: { configMapKeyRef: { name: 'chaincode-package', key: 'id' } },
              },
            ],
            ports: containerPorts({ chaincode: PORTS.chaincode }),
            resources: { requests: { cpu: '250m', memory: '128Mi' }, limits: { memory: '1Gi' } },
            securityContext: restrictedContainer(true),
            volumeMounts: [
              { name: 'tls', mountPath: INSIDE.chaincodeTls, readOnly: true },
              { name: 'tmp', mountPath: '/tmp' },
            ],
            ...portProbe(PORTS.chaincode),
          },
        ],
      },
    },
  },
});
