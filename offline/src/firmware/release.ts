import { merkleTree, ok, type HashFunction, type Result } from '@roamgrid/domain';
import { encodeCbor, isWhole, listOf } from '../cbor/cbor.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { endorse, endorsersOf, readEndorsed } from './endorsed.ts';
import type { FirmwareKeys } from './firmware-keys.ts';
import { refuseFirmware, type FirmwareRefusal } from './refusal.ts';

/** A version of the firmware of one model of charger, by its hashes. Spec: SECURE-10. */
export interface FirmwareRelease {
  readonly model: string;
  /** Ascends with each release of the model; a charger never goes back. */
  readonly version: number;
  readonly sizeBytes: number;
  /** All chunks have this length but the last. */
  readonly chunkBytes: number;
  /** Of the chunks in their order, so that each can be proven by itself whoever brings it. Spec: RFC 9162 §2.1. */
  readonly root: Uint8Array;
  /** SHA-256 of the whole image. */
  readonly sha256: Uint8Array;
  /** Applied until just before this second, UTC. */
  readonly expiresS: number;
}

const PURPOSE = 'roamgrid-firmware';
const FIELDS = 8;
const HASH_BYTES = 32;
const MOST_MODEL_LENGTH = 48;
/** A chunk is one message of a contact, which can be in the smallest frames. */
export const CHUNK_BYTES = { least: 256, most: 4_096 } as const;
const MOST_CHUNKS = 65_536;

export const chunkCount = ({ sizeBytes, chunkBytes }: Pick<FirmwareRelease, 'sizeBytes' | 'chunkBytes'>) =>
  Math.ceil(sizeBytes / chunkBytes);

/** The bytes of one chunk, as places in the image. */
export const chunkPlace = (
  { sizeBytes, chunkBytes }: Pick<FirmwareRelease, 'sizeBytes' | 'chunkBytes'>,
  index: number,
): { readonly at: number; readonly length: number } => {
  const at = index * chunkBytes;
  return { at, length: Math.min(chunkBytes, sizeBytes - at) };
};

/** Chunk and path to the root, as a phone hands it over. */
export interface FirmwareChunk {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Cuts an image into chunks and names it by its hashes. */
export const cutImage = (
  image: Uint8Array,
  named: Pick<FirmwareRelease, 'model' | 'version' | 'chunkBytes' | 'expiresS'>,
  hash: HashFunction,
): { readonly release: FirmwareRelease; chunk(index: number): FirmwareChunk } => {
  const size = { sizeBytes: image.length, chunkBytes: named.chunkBytes };
  const chunks = Array.from({ length: chunkCount(size) }, (_, index) => {
    const { at, length } = chunkPlace(size, index);
    return image.subarray(at, at + length);
  });
  const tree = merkleTree(hash, chunks);
  return {
    release: { ...named, ...size, root: tree.root, sha256: hash(image) },
    chunk: (index) => ({ index, bytes: chunks[index] ?? new Uint8Array(), path: tree.prove(index).path }),
  };
};

export const signFirmwareRelease = (
  { model, version, sizeBytes, chunkBytes, root, sha256, expiresS }: FirmwareRelease,
  signers: readonly Signer[],
  suite: Pick<Suite, 'sha256'>,
): Promise<Uint8Array> =>
  endorse(
    encodeCbor([PURPOSE, model, version, sizeBytes, chunkBytes, root, sha256, expiresS]),
    signers,
    suite,
  );

const isHash = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && value.length === HASH_BYTES;

const readRelease = (statement: Uint8Array): FirmwareRelease | undefined => {
  const fields = listOf(statement);
  const [purpose, model, version, sizeBytes, chunkBytes, root, sha256, expiresS] = fields;
  if (purpose !== PURPOSE || fields.length !== FIELDS || !isHash(root) || !isHash(sha256)) return undefined;
  if (typeof model !== 'string' || model.length > MOST_MODEL_LENGTH) return undefined;
  if (!isWhole(version, 1) || !isWhole(sizeBytes, 1) || !isWhole(expiresS)) return undefined;
  if (!isWhole(chunkBytes, CHUNK_BYTES.least) || chunkBytes > CHUNK_BYTES.most) return undefined;
  const release = { model, version, sizeBytes, chunkBytes, root, sha256, expiresS };
  return chunkCount(release) <= MOST_CHUNKS ? release : undefined;
};

/** A release that a charger keeps: it judged it when it came. @throws when the chip spoiled it */
export const keptRelease = (bytes: Uint8Array): FirmwareRelease => {
  const read = readEndorsed(bytes);
  const release = read.ok ? readRelease(read.value.statement) : undefined;
  if (release === undefined) throw new Error('FIRMWARE_MEMORY_DAMAGED: what it collects is not readable');
  return release;
};

/** What a charger has and can, for which a release is judged. */
export interface FirmwareSituation {
  readonly model: string;
  readonly keys: FirmwareKeys;
  /** The version that runs, or the one that is collected, whichever is later. */
  readonly atLeast: number;
  readonly failed: readonly number[];
  readonly slotBytes: number;
  readonly nowS: number | undefined;
}

/** Judges a release that a phone brought. */
export const takeRelease = async (
  bytes: Uint8Array,
  { model, keys, atLeast, failed, slotBytes, nowS }: FirmwareSituation,
  suite: Pick<Suite, 'sha256' | 'verify'>,
): Promise<Result<FirmwareRelease, FirmwareRefusal>> => {
  const read = readEndorsed(bytes);
  if (!read.ok) return read;
  const release = readRelease(read.value.statement);
  if (release === undefined) return refuseFirmware('FIRMWARE_MALFORMED', 'it is no release');
  if ((await endorsersOf(read.value, keys.keys, suite)) < keys.threshold)
    return refuseFirmware('FIRMWARE_NOT_ENDORSED', `${keys.threshold} keys of the maker have to sign it`);
  if (release.model !== model)
    return refuseFirmware('FIRMWARE_OTHER_MODEL', `it is for ${release.model}, this is ${model}`);
  if (release.version <= atLeast)
    return refuseFirmware('FIRMWARE_OLDER', `version ${atLeast} is here already`);
  if (failed.includes(release.version))
    return refuseFirmware('FIRMWARE_FAILED_BEFORE', `version ${release.version} did not pass its test here`);
  if (release.sizeBytes > slotBytes)
    return refuseFirmware('FIRMWARE_TOO_LARGE', `a slot holds ${slotBytes} bytes`);
  if (nowS === undefined) return refuseFirmware('CLOCK_LOST', 'a phone that was online sets the clock first');
  if (nowS >= keys.expiresS)
    return refuseFirmware('FIRMWARE_KEYS_EXPIRED', 'later keys have to be brought first');
  if (nowS >= release.expiresS)
    return refuseFirmware('FIRMWARE_EXPIRED', 'a later release has to be brought');
  return ok(release);
};
