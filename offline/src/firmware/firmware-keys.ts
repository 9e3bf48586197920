import { ok, type Result } from '@roamgrid/domain';
import { encodeCbor, isBytes, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { coseKeyOf, readCoseKey } from '../cose/cose-key.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { endorse, endorsersOf, readEndorsed, type NamedKey } from './endorsed.ts';
import { refuseFirmware, type FirmwareRefusal } from './refusal.ts';

/**
 * Who may release firmware for a charger, and how many of them have to agree. The first are put into it when it is made; later ones are
 * believed when enough of the earlier ones and enough of themselves signed them, one version after the other, so a key that was stolen or lost
 * is replaced without touching the charger. Spec: The Update Framework 1.0 §5.3, root rotation.
 */
export interface FirmwareKeys {
  readonly version: number;
  /** So many different keys have to sign a release. */
  readonly threshold: number;
  /** Releases are believed by them until just before this second, UTC. */
  readonly expiresS: number;
  readonly keys: readonly NamedKey[];
}

const PURPOSE = 'roamgrid-firmware-keys';
const MOST_KEYS = 8;

const rowOf = ({ kid, key }: NamedKey): CborValue => [kid, coseKeyOf(key)];

export const signFirmwareKeys = (
  { version, threshold, expiresS, keys }: FirmwareKeys,
  signers: readonly Signer[],
  suite: Pick<Suite, 'sha256'>,
): Promise<Uint8Array> =>
  endorse(encodeCbor([PURPOSE, version, threshold, expiresS, keys.map(rowOf)]), signers, suite);

const readRow = (value: CborValue): NamedKey | undefined => {
  const [kid, coseKey] = itemsOf(value);
  const key = readCoseKey(coseKey);
  return isBytes(kid) && key !== undefined ? { kid, key } : undefined;
};

const readKeys = (statement: Uint8Array): FirmwareKeys | undefined => {
  const [purpose, version, threshold, expiresS, rows] = listOf(statement);
  const keys = itemsOf(rows).map(readRow);
  const whole = keys.filter((key) => key !== undefined);
  if (purpose !== PURPOSE || !isWhole(version, 1) || !isWhole(threshold, 1) || !isWhole(expiresS))
    return undefined;
  if (whole.length !== keys.length || keys.length > MOST_KEYS || threshold > keys.length) return undefined;
  return { version, threshold, expiresS, keys: whole };
};

/** Keys that a charger keeps: it judged them when they came. @throws when the chip spoiled them */
export const keptFirmwareKeys = (bytes: Uint8Array): FirmwareKeys => {
  const read = readEndorsed(bytes);
  const keys = read.ok ? readKeys(read.value.statement) : undefined;
  if (keys === undefined) throw new Error('FIRMWARE_MEMORY_DAMAGED: set its firmware keys up anew');
  return keys;
};

/** Takes the keys that follow those that a charger has. */
export const takeFirmwareKeys = async (
  bytes: Uint8Array,
  has: FirmwareKeys,
  suite: Pick<Suite, 'sha256' | 'verify'>,
): Promise<Result<FirmwareKeys, FirmwareRefusal>> => {
  const read = readEndorsed(bytes);
  if (!read.ok) return read;
  const next = readKeys(read.value.statement);
  if (next === undefined) return refuseFirmware('FIRMWARE_MALFORMED', 'it is no set of keys');
  if (next.version <= has.version)
    return refuseFirmware('FIRMWARE_KEYS_OLDER', `the charger has version ${has.version} already`);
  if (next.version !== has.version + 1)
    return refuseFirmware('FIRMWARE_KEYS_GAP', `version ${has.version + 1} has to come first`);
  const [byEarlier, byItself] = [
    await endorsersOf(read.value, has.keys, suite),
    await endorsersOf(read.value, next.keys, suite),
  ];
  if (byEarlier < has.threshold || byItself < next.threshold)
    return refuseFirmware('FIRMWARE_NOT_ENDORSED', 'too few of the earlier keys, or of its own, signed it');
  return ok(next);
};
