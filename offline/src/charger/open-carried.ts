import { encodeCbor } from '../cbor/cbor.ts';
import type { Agreement, Suite } from '../suite/suite.ts';
import { readRecord, type OfflineRecord } from './record.ts';
import { openSealed } from './sealed-for.ts';

/** A record as phones carry it: which outlet's and which number it is, is seen; what it says is not. */
export interface SealedFor {
  readonly evseId: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * Opens a record that a phone brought, with each of the utility's readers: a charger that was not told of the present one seals for an earlier.
 * @returns the record and its one spelling, by which the same record is the same however often it was sealed; undefined for what is none, or is
 * another outlet's or number's
 */
export const openCarried = async (
  suite: Suite,
  readers: readonly Agreement[],
  { evseId, number, bytes }: SealedFor,
): Promise<{ readonly record: OfflineRecord; readonly plain: Uint8Array } | undefined> => {
  const beside = encodeCbor([evseId, number]);
  for (const reader of readers) {
    const value = await openSealed(suite, reader, bytes, beside);
    const record = readRecord(value);
    if (value !== undefined && record?.evseId === evseId && record.number === number)
      return { record, plain: encodeCbor(value) };
  }
  return undefined;
};
