/** Who may reach what inside an organisation's namespace. Nothing that is not named here. */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PORTS, type OrganisationKind } from '../settings.ts';
import { labelsOf } from './parts.ts';

type Ingress = NonNullable<NonNullable<INetworkPolicy['spec']>['ingress']>;

const tcp = (...ports: readonly number[]): NonNullable<Ingress[number]['ports']> =>
  ports.map((port) => ({ protocol: 'TCP', port }));

const policy = (name: string, namespace: string, ingress: Ingress): INetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: { podSelector: { matchLabels: labelsOf(name, namespace) }, policyTypes: ['Ingress'], ingress },
});

/** Pods of the same namespace, or those of the given name. */
const own = (namespace: string, name?: string): NonNullable<Ingress[number]['from']> => [
  { podSelector: name === undefined ? {} : { matchLabels: labelsOf(name, namespace) } },
];

/** Operations ports have no TLS: only a monitoring namespace reaches them. */
const monitoring: NonNullable<Ingress[number]['from']> = [
  { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
];

export function networkPolicies(kind: OrganisationKind, namespace: string): INetworkPolicy[] {
  const ca = policy('ca', namespace, [{ from: own(namespace), ports: tcp(PORTS.ca) }]);
  const operations = { from: monitoring, ports: tcp(PORTS.operations) };
  if (kind === 'ordering') {
    const admin = { from: own(namespace), ports: tcp(PORTS.ordererAdmin) };
    return [ca, policy('orderer0', namespace, [{ ports: tcp(PORTS.orderer) }, admin, operations])];
  }
  const peer = policy('peer0', namespace, [{ ports: tcp(PORTS.peer) }, operations]);
  if (kind === 'auditor') return [ca, peer];
  const chaincode = policy('chaincode', namespace, [
    { from: own(namespace, 'peer0'), ports: tcp(PORTS.chaincode) },
  ]);
  return [ca, peer, chaincode];
}
