import type { FirmwareLoad } from './bring-firmware.ts';
import { bringFirmware } from './bring-firmware.ts';
import type { CarriedRecord, Contact } from './contact.ts';
import type { SaidRunning } from './said.ts';

/** Words of a utility that hold until a later version of them comes. */
export type WordKind = 'issuers' | 'rules' | 'slots' | 'unavailable' | 'caps';

/** What a phone carries to one charger. */
export interface ChargerLoad {
  readonly words: readonly {
    readonly kind: WordKind;
    readonly version: number;
    readonly bytes: Uint8Array;
  }[];
  /** Which of its sessions, and its neighbours', may be forgotten. */
  readonly receipts?: readonly Uint8Array[];
  /** Of the charger's model, perhaps some of its chunks alone. */
  readonly firmware?: FirmwareLoad;
}

/** What a phone keeps of a charger until its utility has it. */
export interface Keeping {
  /** Returns once it is kept: the charger is told then. */
  record(record: CarriedRecord): Promise<void>;
  /** The same of a record of one of its neighbours; a phone without it is handed none. */
  neighbour?(evseId: string, record: CarriedRecord): Promise<void>;
  /** What the charger said of itself, sealed; one that comes later takes its place. */
  diagnosis(sealed: Uint8Array): Promise<void>;
}

export interface Visited {
  /** Words that the charger did not have and took. */
  readonly given: readonly WordKind[];
  /** Words that it did not take, with its reason. */
  readonly refused: readonly { readonly kind: WordKind | 'receipt'; readonly code: string }[];
  /** How the session stands that this phone started there, by what the charger has heard by now. */
  readonly running?: SaidRunning;
  readonly records: number;
  readonly chunks: number;
}

/** So much of an image in one contact, unless a phone says otherwise: some seconds by the slowest radio. */
const MOST_CHUNKS = 64;

/**
 * All that a phone does for others in an open contact: hands over what is newer than what the charger has, takes what it has for its utility, and
 * last what it says of itself, so that this tells what was applied. Whatever was done stays done when the phone is taken away.
 * @throws LinkLost when that is in the middle
 */
export const visit = async (
  contact: Contact,
  load: ChargerLoad,
  keeping: Keeping,
  mostChunks = MOST_CHUNKS,
): Promise<Visited> => {
  const has = await contact.standing();
  const given: WordKind[] = [];
  const refused: { kind: WordKind | 'receipt'; code: string }[] = [];
  for (const { kind, version, bytes } of load.words) {
    if (version <= (has.get(kind) ?? 0)) continue;
    const taken = await contact.give(kind, bytes);
    if (taken.ok) given.push(kind);
    else refused.push({ kind, code: taken.error.code });
  }
  for (const receipt of load.receipts ?? []) {
    const released = await contact.give('receipt', receipt);
    if (!released.ok) refused.push({ kind: 'receipt', code: released.error.code });
  }
  const records = await contact.take(
    async (record) =>
      record.evseId === undefined ? keeping.record(record) : keeping.neighbour?.(record.evseId, record),
    keeping.neighbour === undefined ? 'own' : 'all',
  );
  const chunks = load.firmware === undefined ? 0 : await bringFirmware(contact, load.firmware, mostChunks);
  const sealed = await contact.diagnosed();
  if (sealed !== undefined) await keeping.diagnosis(sealed);
  const running = await contact.running();
  return { given, refused, records, chunks, ...(running && { running }) };
};
