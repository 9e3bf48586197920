/** Every file of a deployment, by its path below the output folder. */
import { stringify } from 'yaml';
import { configtxYaml } from '../configtx/configtx.ts';
import type { Consortium, Organisation } from '../consortium/schema.ts';
import { nodeUnitsYaml } from '../node/node-units.ts';
import { compose } from './compose.ts';
import { manifests } from './kubernetes/manifests.ts';
import { containerOrdererYaml, containerPeerYaml } from './node-files.ts';
import { organisationsByKind } from './organisations.ts';
import { ordererHost, peerHost, PORTS, type OrganisationKind } from './settings.ts';

const NOTICE =
  '# Made from network/consortium.json by `npm run generate -w network`. Change that file, not this one.\n';

const yaml = (content: object): string =>
  NOTICE + stringify(content, { aliasDuplicateObjects: false, lineWidth: 0 });

/** The channel's definition; `organizations/` beside it holds what each organisation handed in. */
const channelFile = (consortium: Consortium): string =>
  NOTICE +
  configtxYaml(consortium, {
    mspDir: ({ mspId }) => `organizations/${mspId}/msp`,
    anchorPeer: (organisation) => ({ host: peerHost(organisation), port: PORTS.peer }),
    orderer: (organisation) => ({ host: ordererHost(organisation), port: PORTS.orderer }),
    ordererCertificates: ({ mspId }) => ({
      tls: `organizations/${mspId}/orderer0/tls.crt`,
      identity: `organizations/${mspId}/orderer0/cert.pem`,
    }),
  });

function organisationFiles(
  consortium: Consortium,
  organisation: Organisation,
  kind: OrganisationKind,
): [string, string][] {
  const { id } = organisation;
  const documents = manifests(consortium, organisation, kind).map((manifest) =>
    stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 }),
  );
  return [
    [`compose/${id}/compose.yaml`, yaml(compose(consortium, organisation, kind))],
    kind === 'ordering'
      ? [`compose/${id}/orderer.yaml`, NOTICE + containerOrdererYaml(organisation)]
      : [`compose/${id}/core.yaml`, NOTICE + containerPeerYaml(consortium, organisation)],
    [`kubernetes/${id}.yaml`, NOTICE + documents.join('---\n')],
  ];
}

export const deploymentFiles = (consortium: Consortium): ReadonlyMap<string, string> =>
  new Map([
    ['channel/configtx.yaml', channelFile(consortium)],
    ['node-units/config.yaml', NOTICE + nodeUnitsYaml('ca.pem')],
    ...organisationsByKind(consortium).flatMap(([organisation, kind]) =>
      organisationFiles(consortium, organisation, kind),
    ),
  ]);
