import { encodeCbor, isBytes, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { readSign1, verifySign1 } from '../cose/sign1.ts';
import { PROTOCOL } from '../handshake/channel.ts';
import type { Agreement, PublicKey, Suite } from '../suite/suite.ts';
import { openSealed } from '../charger/sealed-for.ts';
import { DIAGNOSTICS } from './diagnostics.ts';

/** What a charger signs with what it says of itself: nothing else that it signs can stand for it. */
export const DIAGNOSIS_PURPOSE = new TextEncoder().encode(`${PROTOCOL} diagnosis`);

/** What a charger said of itself, by whoever carried it. */
export interface Diagnosis {
  readonly evseId: string;
  readonly bootCounter: number;
  readonly uptimeMs: number;
  /** Seconds since 1970, UTC; undefined from a charger that lost its clock. */
  readonly atS: number | undefined;
  /** Versions of its utility's words that held there, by their kinds. */
  readonly versions: ReadonlyMap<string, number>;
  readonly firmware:
    | { readonly model: string; readonly installedVersion: number; readonly releaseVersion: number }
    | undefined;
  /** To what was asked, in that order; nothing to what it does not know. */
  readonly answers: readonly { readonly query: string; readonly answer: CborValue }[];
}

const readFirmware = (value: CborValue | undefined): Diagnosis['firmware'] => {
  const [model, installedVersion, releaseVersion] = itemsOf(value);
  return typeof model === 'string' && isWhole(installedVersion) && isWhole(releaseVersion)
    ? { model, installedVersion, releaseVersion }
    : undefined;
};

/** Pairs of a text and what stands behind it. */
const pairsOf = (value: CborValue | undefined): readonly (readonly [string, CborValue])[] =>
  itemsOf(value).flatMap((row) => {
    const [name, said = null] = itemsOf(row);
    return typeof name === 'string' ? [[name, said] as const] : [];
  });

/** The versions that a charger says hold there. */
export const readVersions = (value: CborValue | undefined): ReadonlyMap<string, number> =>
  new Map(pairsOf(value).flatMap(([kind, version]) => (isWhole(version) ? [[kind, version]] : [])));

const readDiagnosis = (payload: Uint8Array): Diagnosis | undefined => {
  const [evseId, bootCounter, uptimeMs, atS, versions, firmware, answers] = listOf(payload);
  if (typeof evseId !== 'string' || !isWhole(bootCounter) || !isWhole(uptimeMs)) return undefined;
  return {
    ...{ evseId, bootCounter, uptimeMs, atS: isWhole(atS) ? atS : undefined },
    ...{ versions: readVersions(versions), firmware: readFirmware(firmware) },
    answers: pairsOf(answers).map(([query, answer]) => ({ query, answer })),
  };
};

/**
 * Opens what a phone brought of a charger, with each of the utility's readers.
 * @param key the charger's, which the utility vouched for: anybody can seal, the charger alone can sign
 * @returns undefined for what is not that charger's
 */
export const openDiagnosis = async (
  suite: Suite,
  readers: readonly Agreement[],
  { evseId, key }: { readonly evseId: string; readonly key: PublicKey },
  bytes: Uint8Array,
): Promise<Diagnosis | undefined> => {
  for (const reader of readers) {
    const signed = await openSealed(suite, reader, bytes, encodeCbor([evseId, DIAGNOSTICS]));
    const read = isBytes(signed) ? readSign1(signed) : undefined;
    if (read?.ok !== true) continue;
    const payload = await verifySign1(read.value, key, suite, DIAGNOSIS_PURPOSE);
    const diagnosis = payload.ok ? readDiagnosis(payload.value) : undefined;
    if (diagnosis?.evseId === evseId) return diagnosis;
  }
  return undefined;
};
