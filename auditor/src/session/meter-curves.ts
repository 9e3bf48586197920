import { weierstrassN } from '@noble/curves/abstract/weierstrass.js';
import { hexOf, type Bytes } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';

/**
 * The curves that meters sign on besides P-256, which few hosts verify. Spec: OCMF 1.4, table 22; SEC 2 §2.2.1, §2.2.2, §2.4.1,
 * §2.5.1; RFC 5639 §3.4, §3.6.
 */

interface Parameters {
  readonly bytes: number;
  readonly p: string;
  readonly a: string;
  readonly b: string;
  readonly n: string;
  readonly x: string;
  readonly y: string;
}

/** As a registered key names them. */
const PARAMETERS: Readonly<Record<string, Parameters>> = {
  'P-384': {
    bytes: 48,
    p: 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff',
    a: 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc',
    b: 'b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef',
    n: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    x: 'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
    y: '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
  },
  secp192k1: {
    bytes: 24,
    p: 'fffffffffffffffffffffffffffffffffffffffeffffee37',
    a: '0',
    b: '3',
    n: 'fffffffffffffffffffffffe26f2fc170f69466a74defd8d',
    x: 'db4ff10ec057e9ae26b07d0280b7f4341da5d1b1eae06c7d',
    y: '9b2f2f6d9c5628a7844163d015be86344082aa88d95e2f9d',
  },
  secp192r1: {
    bytes: 24,
    p: 'fffffffffffffffffffffffffffffffeffffffffffffffff',
    a: 'fffffffffffffffffffffffffffffffefffffffffffffffc',
    b: '64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1',
    n: 'ffffffffffffffffffffffff99def836146bc9b1b4d22831',
    x: '188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012',
    y: '07192b95ffc8da78631011ed6b24cdd573f977a11e794811',
  },
  secp256k1: {
    bytes: 32,
    p: 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f',
    a: '0',
    b: '7',
    n: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
    x: '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    y: '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
  },
  brainpoolP256r1: {
    bytes: 32,
    p: 'a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377',
    a: '7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9',
    b: '26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6',
    n: 'a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7',
    x: '8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262',
    y: '547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997',
  },
  brainpoolP384r1: {
    bytes: 48,
    p: '8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53',
    a: '7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826',
    b: '04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11',
    n: '8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565',
    x: '1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e',
    y: '8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315',
  },
};

export const P256 = 'P-256';
const P256_BYTES = 32;

/** Bytes of a coordinate, and of each number of a signature; undefined for a curve that no meter is registered with. */
export const bytesOfCurve = (curve: string): number | undefined =>
  curve === P256 ? P256_BYTES : PARAMETERS[curve]?.bytes;

/** Names of a signature’s algorithm as statements have them, in lower case. Spec: OCMF 1.4, tables 22 and 23. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  secp192k1: 'secp192k1',
  secp256k1: 'secp256k1',
  secp192r1: 'secp192r1',
  prime192v1: 'secp192r1',
  secp256r1: P256,
  prime256v1: P256,
  secp384r1: 'P-384',
  prime384v1: 'P-384',
  brainpool256r1: 'brainpoolP256r1',
  brainpoolp256r1: 'brainpoolP256r1',
  brainpool384r1: 'brainpoolP384r1',
  brainpoolp384r1: 'brainpoolP384r1',
};

/** The curve that a statement says it is signed on; the usual one when it does not say. */
export const curveOfAlgorithm = (algorithm = 'ECDSA-secp256r1-SHA256'): string | undefined => {
  const [, name = ''] = /^ecdsa-(\w+)-sha256$/.exec(algorithm.toLowerCase()) ?? [];
  return ALGORITHMS[name];
};

const numberOf = (bytes: Bytes): bigint => BigInt(`0x${hexOf(bytes)}`);
const hex = (digits: string): bigint => BigInt(`0x${digits}`);

const makeCurve = ({ p, a, b, n, x, y }: Parameters) =>
  weierstrassN({ p: hex(p), a: hex(a), b: hex(b), n: hex(n), h: 1n, Gx: hex(x), Gy: hex(y) });
const made = new Map<string, ReturnType<typeof makeCurve>>();
const curveOf = (curve: string): ReturnType<typeof makeCurve> | undefined => {
  const known = made.get(curve);
  const parameters = PARAMETERS[curve];
  if (known !== undefined || parameters === undefined) return known;
  const fresh = makeCurve(parameters);
  made.set(curve, fresh);
  return fresh;
};

/** Of a digest that is longer than the curve’s order its first bits count. Spec: SEC 1 §4.1.4. */
const leftmost = (digest: Bytes, order: bigint): bigint => {
  const spare = digest.length * 8 - order.toString(2).length;
  return spare > 0 ? numberOf(digest) >> BigInt(spare) : numberOf(digest);
};

/**
 * ECDSA with SHA-256 on the curve of a meter's key.
 * @param key its curve by name, and its point, uncompressed
 * @param signature r and s, each of the curve's bytes
 */
export const verifyMeter = async (
  { verify, sha256 }: Primitives,
  { curve, point }: { readonly curve: string; readonly point: Bytes },
  signature: Bytes,
  message: Bytes,
): Promise<boolean> => {
  const bytes = bytesOfCurve(curve);
  if (bytes === undefined || signature.length !== 2 * bytes) return false;
  if (curve === P256) return verify(point, signature, message);
  const Point = curveOf(curve);
  if (Point === undefined) return false;
  try {
    const { Fn } = Point;
    const [r, s] = [numberOf(signature.subarray(0, bytes)), numberOf(signature.subarray(bytes))];
    if (r === 0n || s === 0n || r >= Fn.ORDER || s >= Fn.ORDER) return false;
    const signer = Point.fromBytes(point);
    const inverse = Fn.inv(s);
    const ofBase = Fn.mul(Fn.create(leftmost(sha256(message), Fn.ORDER)), inverse);
    const sum = Point.BASE.multiplyUnsafe(ofBase).add(signer.multiplyUnsafe(Fn.mul(r, inverse)));
    return !sum.is0() && Fn.create(sum.toAffine().x) === r;
  } catch {
    // No point of the curve: nothing verifies with it.
    return false;
  }
};
