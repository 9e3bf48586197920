import { createPublicKey, getCurves, type KeyObject } from 'node:crypto';
import { err, ok, type Result } from '@roamgrid/domain';
import type { MeterCurve } from '../codec/meter-jwk.ts';
import type { OcmfError } from './ocmf-document.ts';

interface Curve {
  /** As records name it, the usual one first. */
  readonly names: readonly string[];
  readonly node: string;
  /** As registered keys name it. */
  readonly jwk: MeterCurve;
  /** Object identifier in hex. */
  readonly oid: string;
  /** Of a coordinate. */
  readonly bytes: number;
}

/** The curves that meters sign on, under every name that is met for them. Spec: OCMF 1.4, tables 22 and 23. */
const CURVES = [
  { names: ['secp192k1'], node: 'secp192k1', jwk: 'secp192k1', oid: '2b8104001f', bytes: 24 },
  { names: ['secp256k1'], node: 'secp256k1', jwk: 'secp256k1', oid: '2b8104000a', bytes: 32 },
  {
    names: ['secp192r1', 'prime192v1'],
    node: 'prime192v1',
    jwk: 'secp192r1',
    oid: '2a8648ce3d030101',
    bytes: 24,
  },
  {
    names: ['secp256r1', 'prime256v1'],
    node: 'prime256v1',
    jwk: 'P-256',
    oid: '2a8648ce3d030107',
    bytes: 32,
  },
  {
    names: ['brainpool256r1', 'brainpoolP256r1'],
    node: 'brainpoolP256r1',
    jwk: 'brainpoolP256r1',
    oid: '2b2403030208010107',
    bytes: 32,
  },
  { names: ['secp384r1', 'prime384v1'], node: 'secp384r1', jwk: 'P-384', oid: '2b81040022', bytes: 48 },
  {
    names: ['brainpool384r1', 'brainpoolP384r1'],
    node: 'brainpoolP384r1',
    jwk: 'brainpoolP384r1',
    oid: '2b240303020801010b',
    bytes: 48,
  },
] as const satisfies readonly Curve[];

/** A curve by the name that Node has for it. */
export type OcmfCurve = (typeof CURVES)[number]['node'];

export const DEFAULT_ALGORITHM = 'ECDSA-secp256r1-SHA256';
export const DEFAULT_CURVE = 'prime256v1' satisfies OcmfCurve;

/**
 * What signs on a key's curve, by the name that OCMF has for it.
 * @throws RangeError for a curve that OCMF does not have
 */
export const algorithmOf = ({ asymmetricKeyDetails }: KeyObject): string => {
  const curve = asymmetricKeyDetails?.namedCurve;
  const [name] = CURVES.find(({ node }) => node === curve)?.names ?? [];
  if (name === undefined) throw new RangeError(`OCMF has no signatures on ${curve ?? 'such a key'}`);
  return `ECDSA-${name}-SHA256`;
};

/** The curve of a signature algorithm's name; undefined for one that OCMF does not have. */
export const curveOf = (algorithm: string): OcmfCurve | undefined => {
  const [, name = ''] = /^ECDSA-(\w+)-SHA256$/i.exec(algorithm) ?? [];
  return CURVES.find(({ names }) => names.some((known) => known.toLowerCase() === name.toLowerCase()))?.node;
};

/** Puts a bare point into the frame that keys have. Spec: RFC 5480 §2. */
const framed = (point: Buffer, oid: string): Buffer => {
  const seq = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content]);
  const curve = Buffer.from(oid, 'hex');
  const algorithm = seq(
    0x30,
    Buffer.concat([seq(0x06, Buffer.from('2a8648ce3d0201', 'hex')), seq(0x06, curve)]),
  );
  return seq(0x30, Buffer.concat([algorithm, seq(0x03, Buffer.concat([Buffer.from([0]), point]))]));
};

/**
 * A key from its coordinates, each of the curve's bytes.
 * @throws Error when they are no point of the curve
 */
export const keyOfPoint = (crv: MeterCurve, x: Buffer, y: Buffer): KeyObject => {
  const oid = CURVES.find(({ jwk }) => jwk === crv)?.oid ?? '';
  const key = framed(Buffer.concat([Buffer.from([4]), x, y]), oid);
  return createPublicKey({ key, format: 'der', type: 'spki' });
};

/** Curves that this build of Node lacks, as some that are bound to a system's own library do: it would judge records as no other does. */
export const missingCurves = (): readonly MeterCurve[] => {
  const has = new Set(getCurves());
  return CURVES.filter(({ node }) => !has.has(node)).map(({ jwk }) => jwk);
};

const integer = (digits: Buffer): Buffer => {
  const from = digits.findIndex((byte) => byte !== 0);
  const minimal = from < 0 ? Buffer.from([0]) : digits.subarray(from);
  const signed = (minimal[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), minimal]) : minimal;
  return Buffer.concat([Buffer.from([0x02, signed.length]), signed]);
};

/** Whether it is a sequence of two integers to its last byte: two bare numbers may well begin like one. */
const isFramed = (signature: Buffer): boolean => {
  const firstLength = signature[3] ?? 0;
  const second = 4 + firstLength;
  return (
    signature[0] === 0x30 &&
    signature[1] === signature.length - 2 &&
    signature[2] === 0x02 &&
    signature[second] === 0x02 &&
    signature[second + 1] === signature.length - second - 2
  );
};

/** A signature in DER; one that is bare, `r ‖ s`, against the format, is put into it. Spec: RFC 3279 §2.2.3. */
export const derOf = (
  signature: Buffer,
  curve: OcmfCurve,
): { readonly der: Buffer; readonly isBare: boolean } => {
  const half = CURVES.find(({ node }) => node === curve)?.bytes ?? 0;
  if (isFramed(signature) || signature.length !== 2 * half) return { der: signature, isBare: false };
  const content = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))]);
  return { der: Buffer.concat([Buffer.from([0x30, content.length]), content]), isBare: true };
};

const bytesOf = (text: string): Buffer | undefined => {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
};

/**
 * A meter's public key as it is met: PEM, or DER in hex or base64, or the bare point, whose curve the record's algorithm
 * then has to tell.
 */
export const meterKeyOf = (text: string, curve?: OcmfCurve): Result<KeyObject, OcmfError> => {
  const refuse = (message: string) => err<OcmfError>({ code: 'OCMF_UNSUPPORTED', message });
  if (text.trim() === '') return refuse('there is no public key');
  try {
    if (text.includes('-----BEGIN')) return ok(createPublicKey(text));
    const bytes = bytesOf(text.replace(/\s/g, ''));
    if (bytes === undefined) return refuse('the public key is neither PEM nor hex nor base64');
    const known = CURVES.find(({ node }) => node === curve);
    // Some leave out the byte that says that both coordinates follow.
    const point = bytes.length === 2 * (known?.bytes ?? 0) ? Buffer.concat([Buffer.from([4]), bytes]) : bytes;
    const isPoint = known !== undefined && point[0] === 4 && point.length === 1 + 2 * known.bytes;
    const der = isPoint ? framed(point, known.oid) : bytes;
    return ok(createPublicKey({ key: der, format: 'der', type: 'spki' }));
  } catch {
    return refuse('the public key cannot be read: give it as PEM, or as DER in hex or base64');
  }
};

/** What keeps a key from having made a signature on this curve; undefined when nothing does. */
export const otherCurve = (key: KeyObject, curve: OcmfCurve): string | undefined => {
  const has = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'none';
  return has === curve ? undefined : `the record names the curve ${curve}, the key of the meter is on ${has}`;
};
