/** Parts that the workloads of an organisation share. */
import type { IContainer, IPersistentVolumeClaim, IService, IVolume } from 'kubernetes-models/v1';
import { PORTS } from '../settings.ts';

/** Labels of a workload; its service and network policy select by them. */
export type Labels = Readonly<{ 'app.kubernetes.io/name': string; 'app.kubernetes.io/part-of': string }>;

export const labelsOf = (name: string, namespace: string): Labels => ({
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': namespace,
});

const NODE_USER = 1000;

/** Satisfies the "restricted" pod security standard. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: NODE_USER,
  runAsGroup: NODE_USER,
  fsGroup: NODE_USER,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

export const restrictedContainer = (readOnlyRoot: boolean): NonNullable<IContainer['securityContext']> => ({
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: readOnlyRoot,
  capabilities: { drop: ['ALL'] },
});

/** Fabric's nodes tell their health on the operations port. */
export const healthProbes: Pick<IContainer, 'livenessProbe' | 'readinessProbe'> = {
  readinessProbe: { httpGet: { path: '/healthz', port: PORTS.operations }, periodSeconds: 5 },
  livenessProbe: {
    httpGet: { path: '/healthz', port: PORTS.operations },
    initialDelaySeconds: 30,
    periodSeconds: 20,
    failureThreshold: 6,
  },
};

export const portProbe = (port: number): Pick<IContainer, 'livenessProbe' | 'readinessProbe'> => ({
  readinessProbe: { tcpSocket: { port }, periodSeconds: 5 },
  livenessProbe: { tcpSocket: { port }, initialDelaySeconds: 30, periodSeconds: 20 },
});

export const dataClaim = (name: string, size: string): IPersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } },
});

/** A node's MSP folder, out of a flat secret; its keys are named in the enrolment guide. */
export const mspVolume: IVolume = {
  name: 'msp',
  secret: {
    secretName: 'node-msp',
    defaultMode: 0o440,
    items: [
      { key: 'ca.pem', path: 'cacerts/ca.pem' },
      { key: 'tlsca.pem', path: 'tlscacerts/tlsca.pem' },
      { key: 'cert.pem', path: 'signcerts/cert.pem' },
      { key: 'key.pem', path: 'keystore/key.pem' },
      { key: 'config.yaml', path: 'config.yaml' },
    ],
  },
};

export const secretVolume = (name: string, secretName: string): IVolume => ({
  name,
  secret: { secretName, defaultMode: 0o440 },
});

/** A service with one stable address; `public` ones get a load balancer with the organisation's DNS name. */
export function service(
  name: string,
  namespace: string,
  ports: Readonly<Record<string, number>>,
  publicHost?: string,
): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      labels: labelsOf(name, namespace),
      ...(publicHost !== undefined && {
        annotations: { 'external-dns.alpha.kubernetes.io/hostname': publicHost },
      }),
    },
    spec: {
      type: publicHost === undefined ? 'ClusterIP' : 'LoadBalancer',
      selector: labelsOf(name, namespace),
      ports: Object.entries(ports).map(([portName, port]) => ({ name: portName, port, targetPort: port })),
    },
  };
}
