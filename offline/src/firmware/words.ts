import { isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import type { FirmwareStanding } from './firmware-update.ts';
import type { Gap } from './received-chunks.ts';
import type { FirmwareChunk } from './release.ts';

/** What a phone and a charger say to each other about firmware. */

export const standingWord = (standing: FirmwareStanding): CborValue => [
  'firmware',
  standing.model,
  standing.installedVersion,
  standing.keysVersion,
  standing.releaseVersion,
  standing.gaps.map(({ from, count }) => [from, count]),
];

const readGap = (value: CborValue): Gap | undefined => {
  const [from, count] = itemsOf(value);
  return isWhole(from) && isWhole(count, 1) ? { from, count } : undefined;
};

/** Undefined for what is no such word. */
export const readStanding = (items: readonly CborValue[]): FirmwareStanding | undefined => {
  const [word, model, installedVersion, keysVersion, releaseVersion, gaps] = items;
  if (word !== 'firmware' || typeof model !== 'string') return undefined;
  if (!isWhole(installedVersion) || !isWhole(keysVersion) || !isWhole(releaseVersion)) return undefined;
  const read = itemsOf(gaps).map(readGap);
  return {
    ...{ model, installedVersion, keysVersion, releaseVersion },
    gaps: read.filter((gap) => gap !== undefined),
  };
};

export const chunkWord = (version: number, { index, bytes, path }: FirmwareChunk): CborValue => [
  'firmware-chunk',
  [version, index, bytes, path],
];

export const readChunk = (
  value: CborValue | undefined,
): { readonly version: number; readonly chunk: FirmwareChunk } | undefined => {
  const [version, index, bytes, path] = itemsOf(value);
  if (!isWhole(version) || !isWhole(index) || !isBytes(bytes)) return undefined;
  return { version, chunk: { index, bytes, path: itemsOf(path).filter(isBytes) } };
};
