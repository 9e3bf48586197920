import { encodeCbor, isBytes, isWhole, listOf, type CborValue } from '../cbor/cbor.ts';
import { POINT_BYTES, type Suite } from '../suite/suite.ts';
import { PROTOCOL } from './channel.ts';

/** What is said before there are keys, and what is signed. [Why it is enough](../../../docs/offline/protocol.md). */

export const MESSAGE = { hello: 1, challenge: 2, proof: 3, answer: 4 } as const;

/** The first word of a phone. */
export interface Hello {
  readonly point: Uint8Array;
}

export const encodeHello = ({ point }: Hello): Uint8Array => encodeCbor([MESSAGE.hello, PROTOCOL, point]);

export const readHello = (bytes: Uint8Array): Hello | undefined => {
  const [kind, protocol, point] = listOf(bytes);
  return kind === MESSAGE.hello && protocol === PROTOCOL && isBytes(point) && point.length === POINT_BYTES
    ? { point }
    : undefined;
};

/** What a charger signs for one phone that is there now. */
export interface Challenge {
  readonly evseId: string;
  /** How often it was started, and milliseconds since: its time where it has no clock. */
  readonly bootCounter: number;
  readonly monotonicMs: number;
  readonly point: Uint8Array;
  /** SHA-256 of the phone's first word. */
  readonly helloHash: Uint8Array;
}

export const CHALLENGE_PURPOSE = new TextEncoder().encode(`${PROTOCOL} challenge`);

export const encodeChallenge = (challenge: Challenge): Uint8Array => {
  const { evseId, bootCounter, monotonicMs, point, helloHash } = challenge;
  return encodeCbor([evseId, bootCounter, monotonicMs, point, helloHash]);
};

export const readChallenge = (payload: Uint8Array): Challenge | undefined => {
  const [evseId, bootCounter, monotonicMs, point, helloHash] = listOf(payload);
  if (typeof evseId !== 'string' || !isWhole(bootCounter) || !isWhole(monotonicMs)) return undefined;
  if (!isBytes(point) || point.length !== POINT_BYTES || !isBytes(helloHash)) return undefined;
  return { evseId, bootCounter, monotonicMs, point, helloHash };
};

/** The signed challenge and what vouches for the key that signed it. */
export const encodeChallengeMessage = (signed: Uint8Array, certificate: Uint8Array): Uint8Array =>
  encodeCbor([MESSAGE.challenge, signed, certificate]);

export const readChallengeMessage = (
  bytes: Uint8Array,
): { readonly signed: Uint8Array; readonly certificate: Uint8Array } | undefined => {
  const [kind, signed, certificate] = listOf(bytes);
  return kind === MESSAGE.challenge && isBytes(signed) && isBytes(certificate)
    ? { signed, certificate }
    : undefined;
};

/** Hash of what both have said before there were keys. */
export const transcriptOf = (
  suite: Pick<Suite, 'sha256'>,
  hello: Uint8Array,
  challenge: Uint8Array,
): Promise<Uint8Array> => suite.sha256(encodeCbor([PROTOCOL, hello, challenge]));

/** What the holder of a token signs: this contact, this token, and what is asked for. */
export const proofText = (transcript: Uint8Array, tokenHash: Uint8Array, command: CborValue): Uint8Array =>
  encodeCbor([`${PROTOCOL} proof`, transcript, tokenHash, command]);
