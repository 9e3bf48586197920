/** The Fabric CA enrolment of every organisation, as a guide with the commands of this very consortium. */
import type { Consortium, IdentityTemplate, Organisation } from '../consortium/schema.ts';
import { caHost, ordererHost, peerHost, PORTS, type OrganisationKind } from './settings.ts';
import { organisationsByKind } from './organisations.ts';

/** Shell variables that hold passwords; they are typed in, never stored in a file of the repository. */
const passwordVariable = (name: string): string => `${name.toUpperCase().replaceAll('-', '_')}_PASSWORD`;

const shell = (lines: readonly string[]): string => ['```sh', ...lines, '```'].join('\n');

interface Enrolee {
  readonly name: string;
  readonly type: 'admin' | 'client' | 'peer' | 'orderer';
  readonly attributes?: IdentityTemplate['attributes'];
  /** Names for a TLS certificate; without them none is enrolled. */
  readonly hosts?: readonly string[];
}

function register({ name, type, attributes = {} }: Enrolee): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${value}:ecert`);
  const attrs = pairs.length === 0 ? '' : ` --id.attrs '${pairs.join(',')}'`;
  return `fabric-ca-client register --id.name ${name} --id.secret "$${passwordVariable(name)}" --id.type ${type}${attrs}`;
}

function enrol(organisation: Organisation, { name, hosts }: Enrolee): string[] {
  const address = `"https://${name}:$${passwordVariable(name)}@${caHost(organisation)}:${PORTS.ca}"`;
  const identity = `fabric-ca-client enroll -u ${address} --mspdir "$PWD/${name}/msp"`;
  if (hosts === undefined) return [identity];
  const tls = `fabric-ca-client enroll -u ${address} --mspdir "$PWD/${name}/tls" --enrollment.profile tls`;
  return [identity, `${tls} --csr.hosts ${hosts.join(',')}`];
}

function enroleesOf(consortium: Consortium, organisation: Organisation, kind: OrganisationKind): Enrolee[] {
  const admin: Enrolee = { name: 'org-admin', type: 'admin' };
  if (kind === 'ordering')
    return [admin, { name: 'orderer0', type: 'orderer', hosts: [ordererHost(organisation), 'localhost'] }];
  const peer: Enrolee = { name: 'peer0', type: 'peer', hosts: [peerHost(organisation), 'localhost'] };
  const services = consortium.identities[kind].map(({ name, attributes }): Enrolee => ({
    name,
    type: 'client',
    attributes,
  }));
  const chaincode: Enrolee[] =
    kind === 'utility' ? [{ name: 'chaincode', type: 'client', hosts: ['chaincode', 'localhost'] }] : [];
  return [admin, peer, ...chaincode, ...services];
}

function section(consortium: Consortium, organisation: Organisation, kind: OrganisationKind): string {
  const enrolees = enroleesOf(consortium, organisation, kind);
  return [
    `## ${organisation.name} (\`${organisation.mspId}\`)`,
    shell([
      `export FABRIC_CA_CLIENT_HOME="$PWD/ca-admin" FABRIC_CA_CLIENT_TLS_CERTFILES="$PWD/ca-tls.pem"`,
      `fabric-ca-client enroll -u "https://admin:$CA_ADMIN_PASSWORD@${caHost(organisation)}:${PORTS.ca}"`,
      ...enrolees.map(register),
      ...enrolees.flatMap((enrolee) => enrol(organisation, enrolee)),
    ]),
  ].join('\n\n');
}

const introduction = `# Enrolment with Fabric CA

<!-- Made from network/consortium.json by \`npm run generate -w network\`. -->

Every organisation runs its own Fabric CA and issues its own certificates; no key leaves the machine that uses it.
Each section below is for one organisation, on a machine of its own that has \`fabric-ca-client\`, with the CA's TLS
certificate in \`ca-tls.pem\` and a password of its own for every name in the environment (\`PEER0_PASSWORD\` and so
on; \`openssl rand -hex 24\` makes one).

\`--id.attrs 'role=…:ecert'\` writes the attribute into the enrolment certificate, where contracts read it. The CA
puts the type (\`peer\`, \`orderer\`, \`admin\`, \`client\`) into the certificate's organisational unit; copy
\`node-units/config.yaml\` into every \`msp\` folder so that Fabric reads it there (the file in \`cacerts\` must be
named \`ca.pem\`).

After enrolment:

1. hand \`msp\` (its \`cacerts\`, \`tlscacerts\` and \`config.yaml\`, never a \`keystore\`) and, if you order, the
   orderer's two certificates to whoever assembles \`channel/configtx.yaml\`: they go to \`organizations/<MSP id>/\`;
2. with compose, copy a node's folders to \`crypto/node/msp\` and \`crypto/node/tls\` (files \`tls.crt\`, \`tls.key\`,
   \`ca.crt\`), the chaincode's to \`crypto/chaincode/tls\`;
3. with Kubernetes, make the secrets \`node-msp\` (keys \`ca.pem\`, \`tlsca.pem\`, \`cert.pem\`, \`key.pem\`,
   \`config.yaml\`), \`node-tls\` and \`chaincode-tls\` (keys \`tls.crt\`, \`tls.key\`, \`ca.crt\`), \`ca-admin\` (key
   \`password\`) and \`chaincode-connection\` (key \`builder.json\`), and the config map \`chaincode-package\` (key \`id\`);
4. \`builder.json\` is \`{"address": "chaincode:9999", "root_cert": "…", "client_cert": "…", "client_key": "…"}\`: the TLS
   authority, and the certificate and key with which the peer calls its chaincode, as PEM text. With compose it is the
   value of \`CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG\` in \`builder.env\`, on one line.`;

/** The guide's text, one section an organisation. */
export const enrolmentGuide = (consortium: Consortium): string =>
  `${[introduction, ...organisationsByKind(consortium).map(([organisation, kind]) => section(consortium, organisation, kind))].join('\n\n')}\n`;
