import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { fromBase64Url, hexOf, type Bytes } from '../../bytes.ts';
import { sequence } from '../der.ts';

/** An authority and the nodes that it certifies, as members of a channel have them. */

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const der = (tag: number, ...parts: readonly Bytes[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};
const list = (...parts: readonly Bytes[]): Buffer => der(0x30, ...parts);
const bits = (content: Bytes): Buffer => der(0x03, Buffer.of(0), content);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const ECDSA = list(hex('06082a8648ce3d040302'));
const [COMMON_NAME, UNIT] = [hex('0603550403'), hex('060355040b')];

const nameOf = (name: string, unit: string): Buffer =>
  list(
    ...[[COMMON_NAME, name] as const, [UNIT, unit] as const].map(([oid, text]) =>
      der(0x31, list(oid, der(0x0c, Buffer.from(text)))),
    ),
  );

const pemOf = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;

const numberOf = (value: bigint): Buffer => {
  const digits = value.toString(16).padStart(64, '0');
  const bytes = hex(digits.replace(/^(?:00)+/, ''));
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
};

/** Both numbers of a signature in DER. */
const numbersOf = (signature: Bytes): readonly [bigint, bigint] => {
  const [r, s] = sequence(signature).map(({ content }) => BigInt(`0x${hexOf(content)}`));
  return [r ?? 0n, s ?? 0n];
};

/** The other signature that verifies wherever one does. */
const turned = (signature: Bytes): Buffer => {
  const [r, s] = numbersOf(signature);
  return list(numberOf(r), numberOf(ORDER - s));
};

/** A signature as Fabric's nodes make it: with the lower of both numbers. */
export const signLow = (key: KeyObject, message: Bytes): Buffer => {
  const signature = sign('sha256', message, key);
  return numbersOf(signature)[1] * 2n > ORDER ? turned(signature) : signature;
};

export interface Certified {
  readonly key: KeyObject;
  readonly pem: string;
  /** The same certificate under the other of its issuer's two signatures. */
  readonly turnedPem: string;
}

let serial = 1;

/** A certificate of an authority's; without one an authority's own. */
export const certify = (
  name: string,
  unit: string,
  by?: { readonly name: string; readonly key: KeyObject },
): Certified => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), fromBase64Url(x), fromBase64Url(y)]);
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  serial += 1;
  const signed = list(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(serial)),
    ECDSA,
    nameOf(by?.name ?? name, 'authority'),
    list(der(0x17, Buffer.from('250101000000Z')), der(0x17, Buffer.from('450101000000Z'))),
    nameOf(name, unit),
    list(list(hex('06072a8648ce3d0201'), hex('06082a8648ce3d030107')), bits(point)),
  );
  const signature = sign('sha256', signed, by?.key ?? key);
  const whole = (told: Bytes) => pemOf(list(signed, ECDSA, bits(told)));
  return { key, pem: whole(signature), turnedPem: whole(turned(signature)) };
};
