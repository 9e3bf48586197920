import { encodeCbor } from '../cbor/cbor.ts';
import type { Agreement, Suite } from '../suite/suite.ts';
import { readRecord, type OfflineRecord } from './record.ts';
import { openSealed } from './sealed-for.ts';

/** What stands beside something that a charger seals: nothing of another one, or of another session, can be passed off as it. */
export const besideSealed = (evseId: string, what: number | string): Uint8Array => encodeCbor([evseId, what]);

/**
 * Opens a record that somebody carried from a charger.
 * @returns undefined for what was not sealed for this reader, is of another outlet or session, or was altered
 */
export const openRecord = async (
  suite: Suite,
  reader: Agreement,
  { evseId, number, bytes }: { readonly evseId: string; readonly number: number; readonly bytes: Uint8Array },
): Promise<OfflineRecord | undefined> =>
  readRecord(await openSealed(suite, reader, bytes, besideSealed(evseId, number)));
