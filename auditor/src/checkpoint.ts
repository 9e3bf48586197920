import { base64UrlOf, fromHex, utf8, type Bytes } from './bytes.ts';
import { hold } from './failure.ts';
import { parseCanonical, type Json } from './json.ts';
import type { Primitives } from './primitives.ts';
import { exactly, list, text, whole } from './shape.ts';
import { isSigned, readKey, signingInput, type Key } from './signature.ts';

/**
 * The state of a channel that several utilities vouch for, each by what its own peer has: how many blocks there are, and the
 * root over them and over which of their transactions counted. Format: docs/audit-bundle.md.
 */

export const CHECKPOINT_TYPE = 'roamgrid-checkpoint+jwt';
const FORMAT = 'roamgrid-checkpoint';
const VERSION = 1;
/** A statement of one utility is its own word about itself. */
const SIGNERS_NEEDED = 2;

export interface Signer {
  readonly utilityId: string;
  readonly key: Key;
  /** Thumbprint of the key, to compare with what the utility says of itself. Spec: RFC 7638. */
  readonly thumbprint: string;
}

export interface Checkpoint {
  readonly channel: string;
  /** How many blocks it covers. */
  readonly blocks: number;
  /** Hash of the last block's header. */
  readonly hash: string;
  readonly root: Bytes;
  readonly signers: readonly Signer[];
}

const thumbprintOf = ({ sha256 }: Primitives, jwk: Json): string => {
  const { crv, kty, x, y } = exactly(jwk, 'a signer’s key', ['crv', 'kid', 'kty', 'x', 'y']);
  return base64UrlOf(sha256(utf8(JSON.stringify({ crv, kty, x, y }))));
};

/** Reads and verifies a checkpoint's file. @throws Failed, Unreadable */
export const readCheckpoint = async (primitives: Primitives, file: string): Promise<Checkpoint> => {
  const top = exactly(parseCanonical(file, 'the checkpoint'), 'the checkpoint', [
    'blocks',
    'channel',
    'format',
    'hash',
    'root',
    'signatures',
    'version',
  ]);
  hold(top['format'] === FORMAT && top['version'] === VERSION, `this is no checkpoint of version ${VERSION}`);
  const stated = {
    blocks: whole(top['blocks'], 'blocks'),
    channel: text(top['channel'], 'channel'),
    hash: text(top['hash'], 'hash'),
    root: text(top['root'], 'root'),
  };
  const signers: Signer[] = [];
  for (const each of list(top['signatures'], 'signatures')) {
    const { iss, key, signature, signedAtMs } = exactly(each, 'a signature', [
      'iss',
      'key',
      'signature',
      'signedAtMs',
    ]);
    const utilityId = text(iss, 'a signer');
    const by = readKey(key, 'a signer’s key');
    const payload = { ...stated, iss: utilityId, signedAtMs: whole(signedAtMs, 'a time of signing') };
    const signed = signingInput(CHECKPOINT_TYPE, by.kid, payload);
    hold(
      await isSigned(primitives, by, signed, text(signature, 'a signature')),
      `the checkpoint is not signed by ${utilityId} as it says`,
    );
    signers.push({ utilityId, key: by, thumbprint: thumbprintOf(primitives, key ?? null) });
  }
  const distinct = Math.min(
    new Set(signers.map(({ utilityId }) => utilityId)).size,
    new Set(signers.map(({ thumbprint }) => thumbprint)).size,
  );
  hold(
    distinct === signers.length && distinct >= SIGNERS_NEEDED,
    `the checkpoint is signed by ${distinct} utilities: ${SIGNERS_NEEDED} are needed`,
  );
  return { ...stated, root: fromHex(stated.root), signers };
};
