/**
 * Keys and certificates on disk, below `<stateDir>/organizations/<MspId>/`:
 * `ca.pem`, `tlsca.pem`, `peers/peer0/{cert,key,tls-cert,tls-key}.pem`, `users/<name>/{cert,key}.pem`.
 * Private keys have mode 0600, the CA's among them, so that `enrol` works after a restart.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createAuthority, issueCertificate } from './authority.ts';
import type { CertifiedKey, IssueRequest, NodeOu } from './authority.ts';
import type { OrganizationConfig, UserConfig } from '../config.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** A user's identity as `@hyperledger/fabric-gateway` wants it, with the paths it came from. */
export interface UserIdentity extends CertifiedKey {
  readonly mspId: string;
  readonly name: string;
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/** Everything that one organisation's peer needs to serve and sign. */
export interface OrganizationMaterial {
  readonly mspId: string;
  readonly directory: string;
  readonly caPem: string;
  readonly tlsCaPem: string;
  readonly tlsCaPath: string;
  readonly peer: CertifiedKey;
  readonly peerTls: CertifiedKey;
}

async function writeKeyPair(certificatePath: string, keyPath: string, pair: CertifiedKey): Promise<void> {
  await mkdir(dirname(certificatePath), { recursive: true, mode: 0o700 });
  await writeFile(keyPath, pair.privateKeyPem, { mode: 0o600 });
  await writeFile(certificatePath, pair.certificatePem);
}

async function readKeyPair(certificatePath: string, keyPath: string): Promise<CertifiedKey> {
  const [certificatePem, privateKeyPem] = await Promise.all([
    readFile(certificatePath, 'utf8'),
    readFile(keyPath, 'utf8'),
  ]);
  return { certificatePem, privateKeyPem };
}

export function organizationDirectory(stateDir: string, mspId: string): string {
  if (!NAME.test(mspId)) throw new Error(`"${mspId}" cannot be an MSP id: use letters, digits and . _ @ -`);
  return join(stateDir, 'organizations', mspId);
}

function userPaths(directory: string, name: string): { certificatePath: string; privateKeyPath: string } {
  if (!NAME.test(name)) throw new Error(`"${name}" cannot be a user name: use letters, digits and . _ @ -`);
  const folder = join(directory, 'users', name);
  return { certificatePath: join(folder, 'cert.pem'), privateKeyPath: join(folder, 'key.pem') };
}

async function issueUser(directory: string, mspId: string, user: UserConfig): Promise<void> {
  const paths = userPaths(directory, user.name);
  const ca = await readKeyPair(join(directory, 'ca.pem'), join(directory, 'ca-key.pem'));
  const ou: NodeOu = user.role ?? 'client';
  const request: IssueRequest = {
    commonName: user.name,
    organization: mspId,
    ou,
    attributes: {
      'hf.Affiliation': '',
      'hf.EnrollmentID': user.name,
      'hf.Type': ou,
      ...user.attributes,
    },
  };
  await writeKeyPair(paths.certificatePath, paths.privateKeyPath, await issueCertificate(ca, request));
}

async function createOrganization(directory: string, mspId: string): Promise<void> {
  // A half-made organisation must not survive a crash: made aside, then renamed into place.
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  const [ca, tlsCa] = await Promise.all([
    createAuthority(`ca.${mspId}`, mspId),
    createAuthority(`tlsca.${mspId}`, mspId),
  ]);
  const peer = { commonName: `peer0.${mspId}`, organization: mspId, ou: 'peer' } as const;
  const [peerSigning, peerTls] = await Promise.all([
    issueCertificate(ca, peer),
    issueCertificate(tlsCa, { ...peer, tlsServer: true }),
  ]);
  const folder = join(draft, 'peers', 'peer0');
  await writeKeyPair(join(draft, 'ca.pem'), join(draft, 'ca-key.pem'), ca);
  await writeKeyPair(join(draft, 'tlsca.pem'), join(draft, 'tlsca-key.pem'), tlsCa);
  await writeKeyPair(join(folder, 'cert.pem'), join(folder, 'key.pem'), peerSigning);
  await writeKeyPair(join(folder, 'tls-cert.pem'), join(folder, 'tls-key.pem'), peerTls);
  await rename(draft, directory);
}

/** Loads an organisation, making it and any user of the configuration that is missing. */
export async function ensureOrganization(
  stateDir: string,
  config: OrganizationConfig,
): Promise<OrganizationMaterial> {
  const { mspId } = config;
  const directory = organizationDirectory(stateDir, mspId);
  if (!existsSync(join(directory, 'ca.pem'))) {
    await mkdir(dirname(directory), { recursive: true });
    await createOrganization(directory, mspId);
  }
  const users: UserConfig[] = [{ name: 'Admin', role: 'admin' }, { name: 'User1' }, ...(config.users ?? [])];
  for (const user of users) {
    if (!existsSync(userPaths(directory, user.name).certificatePath)) await issueUser(directory, mspId, user);
  }
  const folder = join(directory, 'peers', 'peer0');
  const tlsCaPath = join(directory, 'tlsca.pem');
  const [caPem, tlsCaPem, peer, peerTls] = await Promise.all([
    readFile(join(directory, 'ca.pem'), 'utf8'),
    readFile(tlsCaPath, 'utf8'),
    readKeyPair(join(folder, 'cert.pem'), join(folder, 'key.pem')),
    readKeyPair(join(folder, 'tls-cert.pem'), join(folder, 'tls-key.pem')),
  ]);
  return { mspId, directory, caPem, tlsCaPem, tlsCaPath, peer, peerTls };
}

/** Files with which an organisation's contracts serve its own peer, and nobody else, over TLS. */
export interface ChaincodeTls {
  readonly key: string;
  readonly cert: string;
  /** Authority of whoever may connect. */
  readonly clientCa: string;
}

/** The TLS certificate of an organisation's chaincode server on this host; organisation and certificate are made once. */
export async function ensureChaincodeTls(stateDir: string, mspId: string): Promise<ChaincodeTls> {
  const { directory, tlsCaPath } = await ensureOrganization(stateDir, { mspId });
  const folder = join(directory, 'chaincode');
  const files = { key: join(folder, 'tls-key.pem'), cert: join(folder, 'tls-cert.pem'), clientCa: tlsCaPath };
  if (!existsSync(files.cert)) {
    const authority = await readKeyPair(tlsCaPath, join(directory, 'tlsca-key.pem'));
    const server = {
      commonName: `chaincode.${mspId}`,
      organization: mspId,
      ou: 'peer',
      tlsServer: true,
    } as const;
    await writeKeyPair(files.cert, files.key, await issueCertificate(authority, server));
  }
  return files;
}

/** Reads the identity of a user made earlier. Throws when there is none. */
export async function readUser(stateDir: string, mspId: string, name: string): Promise<UserIdentity> {
  const paths = userPaths(organizationDirectory(stateDir, mspId), name);
  if (!existsSync(paths.certificatePath)) {
    throw new Error(`${mspId} has no user "${name}": name it in the configuration or call enrol`);
  }
  return { mspId, name, ...paths, ...(await readKeyPair(paths.certificatePath, paths.privateKeyPath)) };
}

/** Makes (or renews, with a new key) an identity of an organisation and returns it. */
export async function enrol(stateDir: string, mspId: string, user: UserConfig): Promise<UserIdentity> {
  const directory = organizationDirectory(stateDir, mspId);
  if (!existsSync(join(directory, 'ca-key.pem')))
    throw new Error(`there is no organisation ${mspId} in ${stateDir}`);
  await issueUser(directory, mspId, user);
  return readUser(stateDir, mspId, user.name);
}
