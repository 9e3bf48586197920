import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { peerName, type Peer } from './identity.ts';

/** The authority of an operator's peers, and what it issues. `@peculiar/x509` needs the reflection polyfill before it. */
x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** A peer's certificate is renewed once a year at least. */
const PEER_DAYS = 398;
/** Clocks of machines differ. */
const SKEW_MS = 300_000;

/** A certificate with its private key, both PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

const pemKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;

const pemCertificate = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

const makeKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const serialNumber = (): string => {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  // Positive and of full length. Spec: RFC 5280 §4.1.2.2.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
};

/** Makes a self-signed authority; its key belongs where no peer runs. */
export const createPeerAuthority = async (name: string): Promise<CertifiedKey> => {
  const keys = await makeKeys();
  const now = Date.now();
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: pemCertificate(made), key: await pemKey(keys.privateKey) };
};

export interface PeerCertificateRequest {
  readonly peer: Peer;
  /** When it is to be good, ms since the epoch; from now on for 398 days. */
  readonly validity?: { readonly fromMs: number; readonly untilMs: number };
}

/** Issues a certificate with a new key. */
export const issuePeerCertificate = async (
  authority: CertifiedKey,
  { peer, validity }: PeerCertificateRequest,
): Promise<CertifiedKey> => {
  const issuer = new x509.X509Certificate(authority.cert);
  const issuerKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.key),
    ALGORITHM,
    false,
    ['sign'],
  );
  const keys = await makeKeys();
  const now = Date.now();
  const { fromMs, untilMs } = validity ?? { fromMs: now - SKEW_MS, untilMs: now + PEER_DAYS * DAY_MS };
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [`${peer.role} ${peer.id}`] }],
    issuer: issuer.subjectName,
    notBefore: new Date(fromMs),
    notAfter: new Date(untilMs),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: issuerKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: peerName(peer) }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: pemCertificate(made), key: await pemKey(keys.privateKey) };
};
