/** Metadata of a key, such as its own endorsement policy. Spec: Fabric `statemetadata/metadata.go`. */
import { ledger } from '@hyperledger/fabric-protos';
import { entryMessages } from '../simulator/rwset.ts';
import type { MetadataEntry } from '../simulator/rwset.ts';

/** Name of the entry that holds a key's endorsement policy. */
export const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';

/** Serialised entries; undefined when there are none, which removes the metadata. */
export function encodeMetadata(entries: readonly MetadataEntry[]): Uint8Array | undefined {
  if (entries.length === 0) return undefined;
  const message = new ledger.rwset.kvrwset.KVMetadataWrite();
  message.setEntriesList(entryMessages(entries));
  return message.serializeBinary();
}

const NO_METADATA: ReadonlyMap<string, Uint8Array> = new Map();

export function decodeMetadata(bytes: Uint8Array | undefined): ReadonlyMap<string, Uint8Array> {
  if (bytes === undefined) return NO_METADATA;
  const message = ledger.rwset.kvrwset.KVMetadataWrite.deserializeBinary(bytes);
  return new Map(message.getEntriesList().map((entry) => [entry.getName(), entry.getValue_asU8()]));
}
