import { concat, hexOf, type Bytes } from '../bytes.ts';
import { hold, readable } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import { keysAt, type DatedKey } from '../signature.ts';
import { cborOf, readCbor, type Cbor } from './cbor.ts';

/** A token by which a charger starts without asking: whose it is and what it allows. Spec: RFC 8392, RFC 9052. */
export interface Token {
  readonly id: string;
  readonly issuer: string;
  readonly audience: string;
  readonly issuedAtMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The holder's key, uncompressed. */
  readonly holder: Bytes;
  readonly energyWh: bigint;
  readonly costMicros: bigint;
  readonly sessions: number;
  /** First bytes of the hash of what home signed beside it. */
  readonly leaveHash: string;
  readonly currency: string;
  readonly microsPerKWh: bigint;
  readonly microsPerHour: bigint;
  readonly microsPerSession: bigint;
  readonly epoch: number;
}

const SECOND_MS = 1_000;
const ES256 = -7;
const OWN = -65_537;

/** P-256. Spec: FIPS 186-5, SP 800-186 §3.2.1.3. */
const PRIME = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const COORDINATE = 32;

const modulo = (value: bigint): bigint => ((value % PRIME) + PRIME) % PRIME;

const power = (base: bigint, exponent: bigint): bigint => {
  let [result, square] = [1n, modulo(base)];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
};

/** The y of a point whose x and y's sign are known: the prime is 3 mod 4, so a root is one power. */
const yOf = (x: Bytes, isOdd: boolean): Bytes => {
  const at = BigInt(`0x${hexOf(x)}`);
  const square = modulo(at * at * at - 3n * at + B);
  const root = power(square, (PRIME + 1n) >> 2n);
  readable(modulo(root * root) === square, 'the holder’s key is no point');
  const y = (root & 1n) === (isOdd ? 1n : 0n) ? root : PRIME - root;
  const digits = y.toString(16).padStart(2 * COORDINATE, '0');
  return Uint8Array.from({ length: COORDINATE }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
};

const mapOf = (value: Cbor | undefined): ReadonlyMap<Cbor, Cbor> => {
  readable(value instanceof Map, 'a token has no map where one belongs');
  return value;
};
const bytesIn = (value: Cbor | undefined): Bytes => {
  readable(value instanceof Uint8Array, 'a token has no bytes where they belong');
  return value;
};
const textIn = (value: Cbor | undefined): string => {
  readable(typeof value === 'string', 'a token has no text where one belongs');
  return value;
};
const wholeIn = (value: Cbor | undefined): number => {
  readable(typeof value === 'number' && value >= 0, 'a token has no number where one belongs');
  return value;
};
const amountIn = (value: Cbor | undefined): bigint => BigInt(wholeIn(value));

const holderOf = (confirmed: Cbor | undefined): Bytes => {
  const key = mapOf(mapOf(confirmed).get(1));
  const [x, y] = [bytesIn(key.get(-2)), key.get(-3)];
  readable(key.get(1) === 2 && key.get(-1) === 1, 'the holder’s key is not on P-256');
  return concat(Uint8Array.of(4), x, typeof y === 'boolean' ? yOf(x, y) : bytesIn(y));
};

const claimsOf = (payload: Bytes): Token => {
  const claims = mapOf(readCbor(payload));
  const own = mapOf(claims.get(OWN));
  return {
    id: hexOf(bytesIn(claims.get(7))),
    issuer: textIn(claims.get(1)),
    audience: textIn(claims.get(3)),
    issuedAtMs: wholeIn(claims.get(6)) * SECOND_MS,
    fromMs: wholeIn(claims.get(5)) * SECOND_MS,
    untilMs: wholeIn(claims.get(4)) * SECOND_MS,
    holder: holderOf(claims.get(8)),
    energyWh: amountIn(own.get(1)),
    costMicros: amountIn(own.get(2)),
    sessions: wholeIn(own.get(3)),
    leaveHash: hexOf(bytesIn(own.get(4))),
    currency: textIn(own.get(5)),
    microsPerKWh: amountIn(own.get(6)),
    microsPerHour: amountIn(own.get(7)),
    microsPerSession: amountIn(own.get(8)),
    epoch: wholeIn(own.get(9)),
  };
};

const ID_BYTES = 8;

/** Opens a token by the one key of home's that it names. @throws Failed, Unreadable */
export const openToken = async (
  primitives: Primitives,
  bytes: Bytes,
  keys: readonly DatedKey[],
  skewMs: number,
): Promise<Token> => {
  const parts = readCbor(bytes);
  readable(Array.isArray(parts) && parts.length === 4, 'a token is no COSE_Sign1');
  const [head, beside, payload, signature] = parts as readonly Cbor[];
  const header = mapOf(readCbor(bytesIn(head)));
  readable(header.get(1) === ES256 && mapOf(beside).size === 0, 'a token is not signed by ES256');
  const token = claimsOf(bytesIn(payload));
  const named = hexOf(bytesIn(header.get(4)));
  const key = keysAt(keys, token.issuedAtMs, skewMs).find(
    ({ point }) => hexOf(primitives.sha256(point).slice(0, ID_BYTES)) === named,
  );
  hold(key !== undefined, 'home had no such key for tokens when it issued this one');
  const signed = cborOf(['Signature1', bytesIn(head), new Uint8Array(), bytesIn(payload)]);
  hold(
    await primitives.verify(key.point, bytesIn(signature), signed),
    'home did not sign the token as it stands',
  );
  return token;
};
