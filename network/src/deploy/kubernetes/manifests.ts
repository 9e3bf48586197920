/** All Kubernetes objects of one organisation, in the order in which they are applied. */
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IConfigMap, INamespace, IService } from 'kubernetes-models/v1';
import type { Consortium, Organisation } from '../../consortium/schema.ts';
import { containerOrdererYaml, containerPeerYaml } from '../node-files.ts';
import { ordererHost, peerHost, PORTS, type OrganisationKind } from '../settings.ts';
import { networkPolicies } from './network-policies.ts';
import { service } from './parts.ts';
import { caWorkload, chaincodeWorkload, ordererWorkload, peerWorkload } from './workloads.ts';

export type Manifest = INamespace | IConfigMap | IService | IStatefulSet | IDeployment | INetworkPolicy;

const configMap = (name: string, namespace: string, data: Record<string, string>): IConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

/** Secrets are made from enrolled certificates and are not among them; see the enrolment guide. */
export function manifests(
  consortium: Consortium,
  organisation: Organisation,
  kind: OrganisationKind,
): Manifest[] {
  const namespace = `${consortium.name}-${organisation.id}`;
  const foundation: Manifest[] = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    service('ca', namespace, { ca: PORTS.ca }),
    caWorkload(organisation, namespace),
  ];
  if (kind === 'ordering') {
    return [
      ...foundation,
      configMap('orderer-config', namespace, { 'orderer.yaml': containerOrdererYaml(organisation) }),
      service('orderer0', namespace, { orderer: PORTS.orderer }, ordererHost(organisation)),
      ordererWorkload(namespace),
      ...networkPolicies(kind, namespace),
    ];
  }
  const chaincode: Manifest[] =
    kind === 'utility'
      ? [
          service('chaincode', namespace, { chaincode: PORTS.chaincode }),
          chaincodeWorkload(consortium, organisation, namespace),
        ]
      : [];
  return [
    ...foundation,
    configMap('peer-config', namespace, { 'core.yaml': containerPeerYaml(consortium, organisation) }),
    service('peer0', namespace, { peer: PORTS.peer }, peerHost(organisation)),
    peerWorkload(kind, namespace),
    ...chaincode,
    ...networkPolicies(kind, namespace),
  ];
}
