import { isBytes, isMap, type CborMap, type CborValue } from '../cbor/cbor.ts';
import type { PublicKey } from '../suite/suite.ts';

/** A P-256 key as COSE has it. Spec: RFC 9052 §7, RFC 9053 §7.1.1. */
const LABEL = { type: 1, curve: -1, x: -2, y: -3 } as const;
const EC2 = 2;
const P256 = 1;
const COORDINATE_BYTES = 32;

export const coseKeyOf = ({ x, y }: PublicKey): CborMap =>
  new Map<CborValue, CborValue>([
    [LABEL.type, EC2],
    [LABEL.curve, P256],
    [LABEL.x, x],
    [LABEL.y, y],
  ]);

/** Undefined for a key of another type, curve or length. */
export const readCoseKey = (value: CborValue | undefined): PublicKey | undefined => {
  if (!isMap(value) || value.get(LABEL.type) !== EC2 || value.get(LABEL.curve) !== P256) return undefined;
  const [x, y] = [value.get(LABEL.x), value.get(LABEL.y)];
  if (!isBytes(x) || x.length !== COORDINATE_BYTES) return undefined;
  if (typeof y === 'boolean') return { x, y };
  return isBytes(y) && y.length === COORDINATE_BYTES ? { x, y } : undefined;
};
