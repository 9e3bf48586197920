import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import { encodeCbor, isBytes, itemsOf, listOf } from '../cbor/cbor.ts';
import { readSign1, sign1, verifySign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';

/** A statement with the signatures of several, each over its hash: none of them alone can make a charger believe it. */
export interface Endorsed {
  readonly statement: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

export interface NamedKey {
  readonly kid: Uint8Array;
  readonly key: PublicKey;
}

export type EndorsedError = DomainError<'FIRMWARE_MALFORMED'>;

/** More are not looked at: each costs a charger a verification. */
export const MOST_SIGNATURES = 8;

/** Signed in with the hash, so that no other hash that the same key signed can stand for one. */
const PURPOSE = new TextEncoder().encode('roamgrid-firmware');

export const endorse = async (
  statement: Uint8Array,
  signers: readonly Signer[],
  suite: Pick<Suite, 'sha256'>,
): Promise<Uint8Array> => {
  const hash = await suite.sha256(statement);
  return encodeCbor([statement, await Promise.all(signers.map((signer) => sign1(hash, signer, PURPOSE)))]);
};

export const readEndorsed = (bytes: Uint8Array): Result<Endorsed, EndorsedError> => {
  const [statement, signatures] = listOf(bytes);
  const signed = itemsOf(signatures).filter(isBytes);
  return isBytes(statement) && signed.length > 0 && signed.length <= MOST_SIGNATURES
    ? ok({ statement, signatures: signed })
    : err({ code: 'FIRMWARE_MALFORMED', message: `a statement with 1 to ${MOST_SIGNATURES} signatures` });
};

/** @returns how many of the keys signed it, each counted once */
export const endorsersOf = async (
  { statement, signatures }: Endorsed,
  keys: readonly NamedKey[],
  suite: Pick<Suite, 'sha256' | 'verify'>,
): Promise<number> => {
  const hash = await suite.sha256(statement);
  const counted = new Set<NamedKey>();
  for (const bytes of signatures) {
    const read = readSign1(bytes);
    if (!read.ok || !isSame(read.value.payload, hash)) continue;
    const by = keys.find(({ kid }) => isSame(kid, read.value.kid));
    if (by === undefined) continue;
    const verified = await verifySign1(read.value, by.key, suite, PURPOSE);
    if (verified.ok) counted.add(by);
  }
  return counted.size;
};
