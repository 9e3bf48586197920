import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

const pemKey = async ({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
const validity = () => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + DAY_MS),
});

/** An authority of its own for a test. */
export const makeAuthority = async (name: string): Promise<TestCertificate> => {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: `CN=${name}`, signingAlgorithm: ALGORITHM, keys, ...validity() },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { cert: made.toString('pem'), key: await pemKey(keys), keys };
};

/** A certificate of an authority, of a server at this machine when it is named `localhost`. */
export const issue = async (authority: TestCertificate, commonName: string): Promise<TestCertificate> => {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names = [
    { type: 'dns', value: commonName },
    { type: 'ip', value: '127.0.0.1' },
  ] as const;
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    subject: `CN=${commonName}`,
    issuer: new x509.X509Certificate(authority.cert).subject,
    ...{ signingAlgorithm: ALGORITHM, publicKey: keys.publicKey, signingKey: authority.keys.privateKey },
    ...validity(),
    extensions: commonName === 'localhost' ? [new x509.SubjectAlternativeNameExtension([...names])] : [],
  });
  return { cert: made.toString('pem'), key: await pemKey(keys), keys };
};
