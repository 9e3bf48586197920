/** Certificates and MSP folders of an organisation, over the authorities that the embedded network uses too. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeUnitsYaml, type IdentityTemplate, type Organisation, type TlsFiles } from '@roamgrid/network';
import { issueCertificate, type CertifiedKey, type NodeOu } from '../../embedded/identity/authority.ts';
import { ensureOrganization } from '../../embedded/identity/material.ts';
import type { NetworkPaths } from '../paths.ts';

/** Files of one organisation. A node or service is named as its process is. */
export class OrganisationFiles {
  readonly #root: string;

  constructor(paths: NetworkPaths, mspId: string) {
    this.#root = paths.organisation(mspId);
  }

  /** The public MSP: what stands in the channel's configuration. */
  readonly msp = (): string => join(this.#root, 'msp');
  readonly tlsRoot = (): string => join(this.#root, 'tlsca.pem');
  readonly authority = (kind: 'ca' | 'tlsca'): { cert: string; key: string } => ({
    cert: join(this.#root, `${kind}.pem`),
    key: join(this.#root, `${kind}-key.pem`),
  });
  /** Everything that a node or service signs and authenticates itself with. */
  readonly node = (node: string): string => join(this.#root, 'nodes', node);
  readonly nodeMsp = (node: string): string => join(this.node(node), 'msp');
  readonly nodeCertificate = (node: string): string => join(this.nodeMsp(node), 'signcerts', 'cert.pem');
  readonly tls = (node: string): TlsFiles => ({
    cert: join(this.node(node), 'tls', 'cert.pem'),
    key: join(this.node(node), 'tls', 'key.pem'),
    rootCert: this.tlsRoot(),
  });
  readonly userMsp = (user: string): string => join(this.#root, 'users', user, 'msp');
  readonly userPair = (user: string): { cert: string; key: string } => ({
    cert: join(this.#root, 'users', user, 'cert.pem'),
    key: join(this.#root, 'users', user, 'key.pem'),
  });
}

/** The administrator whose MSP folder Fabric's command line uses. */
export const ADMIN = 'Admin';
/** A client without a role, which every organisation has too. */
export const PLAIN_USER = 'User1';

async function put(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode });
}

async function readPair(files: { cert: string; key: string }): Promise<CertifiedKey> {
  const [certificatePem, privateKeyPem] = await Promise.all([
    readFile(files.cert, 'utf8'),
    readFile(files.key, 'utf8'),
  ]);
  return { certificatePem, privateKeyPem };
}

async function writeMsp(files: OrganisationFiles, dir: string, holder?: CertifiedKey): Promise<void> {
  const [ca, tlsCa] = await Promise.all([
    readFile(files.authority('ca').cert, 'utf8'),
    readFile(files.tlsRoot(), 'utf8'),
  ]);
  await put(join(dir, 'cacerts', 'ca.pem'), ca);
  await put(join(dir, 'tlscacerts', 'tlsca.pem'), tlsCa);
  await put(join(dir, 'config.yaml'), nodeUnitsYaml('ca.pem'));
  if (holder === undefined) return;
  await put(join(dir, 'keystore', 'key.pem'), holder.privateKeyPem, 0o600);
  await put(join(dir, 'signcerts', 'cert.pem'), holder.certificatePem);
}

async function issueTls(
  files: OrganisationFiles,
  organisation: Organisation,
  node: string,
  ou: NodeOu,
): Promise<void> {
  const { cert, key } = files.tls(node);
  if (existsSync(cert)) return;
  const request = { commonName: node, organization: organisation.mspId, ou, tlsServer: true };
  const pair = await issueCertificate(await readPair(files.authority('tlsca')), request);
  await put(key, pair.privateKeyPem, 0o600);
  await put(cert, pair.certificatePem);
}

/** What an organisation runs: nodes with an enrolment certificate each, and services that need TLS alone. */
export interface OrganisationContent {
  readonly nodes: readonly { readonly id: string; readonly ou: 'peer' | 'orderer' }[];
  readonly services: readonly string[];
  readonly identities: readonly IdentityTemplate[];
}

/** Makes what is missing and leaves the rest untouched, so it can be run again. */
export async function ensureOrganisation(
  paths: NetworkPaths,
  organisation: Organisation,
  content: OrganisationContent,
): Promise<OrganisationFiles> {
  const { mspId } = organisation;
  const files = new OrganisationFiles(paths, mspId);
  await ensureOrganization(paths.root, { mspId, users: content.identities });
  await writeMsp(files, files.msp());
  await writeMsp(files, files.userMsp(ADMIN), await readPair(files.userPair(ADMIN)));
  for (const { id, ou } of content.nodes) {
    await issueTls(files, organisation, id, ou);
    if (existsSync(files.nodeCertificate(id))) continue;
    const ca = await readPair(files.authority('ca'));
    await writeMsp(
      files,
      files.nodeMsp(id),
      await issueCertificate(ca, { commonName: id, organization: mspId, ou }),
    );
  }
  for (const service of content.services) await issueTls(files, organisation, service, 'client');
  return files;
}
