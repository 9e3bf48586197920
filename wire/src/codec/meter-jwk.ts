import { z } from 'zod';
import { keyId } from './scalars.ts';

/**
 * The curves that meters sign on, with the bytes of a coordinate: under the names that JSON Web Keys have for them, and where
 * they have none under the usual one. Spec: OCMF 1.4, table 22; RFC 7518 §6.2.1.1, RFC 8812 §3.1.
 */
export const METER_CURVES = {
  'P-256': 32,
  'P-384': 48,
  secp192k1: 24,
  secp192r1: 24,
  secp256k1: 32,
  brainpoolP256r1: 32,
  brainpoolP384r1: 48,
} as const;
export type MeterCurve = keyof typeof METER_CURVES;

/** Base64url of so many bytes: where bits are left over in the last character they are zero, so one text is right for each value. */
const COORDINATES = {
  24: /^[\w-]{32}$/,
  32: /^[\w-]{42}[AEIMQUYcgkosw048]$/,
  48: /^[\w-]{64}$/,
} as const satisfies Readonly<Record<(typeof METER_CURVES)[keyof typeof METER_CURVES], RegExp>>;

/** A key is of its curve's length; whether it is a point of the curve shows when it is used. */
export const isOfItsCurve = ({
  crv,
  x,
  y,
}: {
  readonly crv: MeterCurve;
  readonly x: string;
  readonly y: string;
}): boolean => [x, y].every((coordinate) => COORDINATES[METER_CURVES[crv]].test(coordinate));
export const NOT_OF_ITS_CURVE = 'x and y are each as many bytes of base64url as the curve has';

const curves = Object.keys(METER_CURVES) as [MeterCurve, ...MeterCurve[]];
export const meterJwkFields = {
  kty: z.literal('EC'),
  crv: z.enum(curves, {
    error: `no curve that a meter can be registered with: it signs on one of ${curves.join(', ')}`,
  }),
  x: z.string().max(64),
  y: z.string().max(64),
  kid: keyId,
};

/** A meter's public key as a JSON Web Key, on any curve of OCMF. */
export const meterJwk = z.strictObject(meterJwkFields).refine(isOfItsCurve, NOT_OF_ITS_CURVE);
export type MeterJwk = z.infer<typeof meterJwk>;
