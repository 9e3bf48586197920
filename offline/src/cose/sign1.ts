import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { decodeCbor, encodeCbor, isBytes, isMap, itemsOf, type CborValue } from '../cbor/cbor.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';

/** One signature over bytes, COSE_Sign1 with ES256. Spec: RFC 9052 §4.2 and §4.4, RFC 9053 §2.1. */

export type Sign1ErrorCode =
  | 'SIGN1_MALFORMED' // not a COSE_Sign1, or not in deterministic form
  | 'SIGN1_ALGORITHM' // not ES256
  | 'SIGN1_KEY_UNKNOWN' // nobody who is believed has this key
  | 'SIGN1_BAD_SIGNATURE'; // the key is known, the signature is not its

export type Sign1Error = DomainError<Sign1ErrorCode>;

/** Labels of headers. Spec: RFC 9052 §3.1. */
const HEADER = { algorithm: 1, critical: 2, keyId: 4 } as const;
const ES256 = -7;
const SIGNATURE_BYTES = 64;
/** The tag of a COSE_Sign1 that stands where it could be something else: 0xd2, as one byte. Spec: RFC 9052 §4.2. */
const TAG = 0xd2;
const NOTHING = new Uint8Array();

/** What it says, unverified, and what of it is signed. */
export interface ReadSign1 {
  readonly kid: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly protectedBytes: Uint8Array;
}

const toBeSigned = (protectedBytes: Uint8Array, payload: Uint8Array, external: Uint8Array): Uint8Array =>
  encodeCbor(['Signature1', protectedBytes, external, payload]);

/**
 * Signs a payload, and with it what both sides know and nobody sends (`external`). The key's id stands among what is signed; the tag is left
 * out, as whoever reads it knows what it is.
 */
export const sign1 = async (
  payload: Uint8Array,
  signer: Signer,
  external: Uint8Array = NOTHING,
): Promise<Uint8Array> => {
  const protectedBytes = encodeCbor(
    new Map<CborValue, CborValue>([
      [HEADER.algorithm, ES256],
      [HEADER.keyId, signer.kid],
    ]),
  );
  const signature = await signer.sign(toBeSigned(protectedBytes, payload, external));
  return encodeCbor([protectedBytes, new Map(), payload, signature]);
};

const malformed = (message: string): Result<never, Sign1Error> => err({ code: 'SIGN1_MALFORMED', message });

/**
 * Reads a COSE_Sign1, tagged or not, without believing it. The key's id may stand among what is signed or beside it, not in both; any other
 * header beside it is let pass, a critical one is not (RFC 9052 §3.1: what is not known must not be passed over).
 */
export const readSign1 = (bytes: Uint8Array): Result<ReadSign1, Sign1Error> => {
  const item = decodeCbor(bytes[0] === TAG ? bytes.subarray(1) : bytes);
  if (!item.ok) return malformed(item.error.message);
  const parts = itemsOf(item.value);
  const [protectedBytes, beside, payload, signature] = parts;
  if (parts.length !== 4 || !isBytes(protectedBytes) || !isMap(beside))
    return malformed('a COSE_Sign1 is headers, headers, payload, signature');
  if (!isBytes(payload) || !isBytes(signature)) return malformed('payload and signature are bytes');
  const headers = decodeCbor(protectedBytes);
  if (!headers.ok || !isMap(headers.value)) return malformed('the protected headers are no map');
  const signed = headers.value;
  if (signed.has(HEADER.critical) || beside.has(HEADER.critical)) return malformed('a header demands more');
  if (signed.get(HEADER.algorithm) !== ES256 || beside.has(HEADER.algorithm))
    return err({ code: 'SIGN1_ALGORITHM', message: 'the algorithm is not ES256, among what is signed' });
  const kids = [signed, beside].flatMap((map) => (map.has(HEADER.keyId) ? [map.get(HEADER.keyId)] : []));
  const [kid] = kids;
  if (kids.length !== 1 || !isBytes(kid)) return malformed('it names no key, or two');
  return ok({ kid, payload, signature, protectedBytes });
};

/** Whose key it is, and whether it signed. @returns the payload */
export const verifySign1 = async (
  read: ReadSign1,
  key: PublicKey | undefined,
  suite: Pick<Suite, 'verify'>,
  external: Uint8Array = NOTHING,
): Promise<Result<Uint8Array, Sign1Error>> => {
  if (key === undefined)
    return err({
      code: 'SIGN1_KEY_UNKNOWN',
      message: 'nobody who is believed here has the key that it names',
    });
  const { protectedBytes, payload, signature } = read;
  const isSigned =
    signature.length === SIGNATURE_BYTES &&
    (await suite.verify(key, toBeSigned(protectedBytes, payload, external), signature));
  return isSigned
    ? ok(payload)
    : err({ code: 'SIGN1_BAD_SIGNATURE', message: 'it was altered, or the key did not sign it' });
};
