import type { CborValue } from '../cbor/cbor.ts';
import { readStanding, chunkWord } from '../firmware/words.ts';
import type { FirmwareStanding } from '../firmware/firmware-update.ts';
import type { FirmwareChunk } from '../firmware/release.ts';

/** What a phone has of a release: perhaps some of its chunks alone. */
export interface FirmwareLoad {
  readonly model: string;
  readonly version: number;
  /** As it was signed. */
  readonly release: Uint8Array;
  /** Sets of keys, the earliest first, each as it was signed, with its version. */
  readonly keys: readonly { readonly version: number; readonly bytes: Uint8Array }[];
  chunk(index: number): FirmwareChunk | undefined;
}

/** Says one thing to a charger in an open contact. */
export interface Talk {
  ask(what: CborValue): Promise<readonly CborValue[]>;
}

/** Chunks that the charger lacks and the phone has. */
function* wanted({ gaps }: FirmwareStanding, load: FirmwareLoad): Generator<FirmwareChunk> {
  for (const { from, count } of gaps)
    for (let index = from; index < from + count; index += 1) {
      const chunk = load.chunk(index);
      if (chunk !== undefined) yield chunk;
    }
}

/**
 * Hands over what a charger lacks of a release: later keys, the release, up to so many chunks. A charger that has it, or is of another model,
 * is left alone.
 * @returns how many chunks it took
 * @throws LinkLost when the phone is taken away: what was taken stays taken
 */
export const bringFirmware = async (talk: Talk, load: FirmwareLoad, mostChunks: number): Promise<number> => {
  const stands = async () => readStanding(await talk.ask(['firmware']));
  const met = await stands();
  if (met?.model !== load.model || met.installedVersion >= load.version) return 0;
  for (const { version, bytes } of load.keys)
    if (version > met.keysVersion) await talk.ask(['firmware-keys', bytes]);
  const [offered] = await talk.ask(['firmware-release', load.release]);
  if (offered !== 'noted') return 0;
  let taken = 0;
  while (taken < mostChunks) {
    const standing = await stands();
    const before = taken;
    for (const chunk of standing === undefined ? [] : wanted(standing, load)) {
      if (taken === mostChunks) return taken;
      const [answer] = await talk.ask(chunkWord(load.version, chunk));
      if (answer !== 'noted') return taken;
      taken += 1;
    }
    if (taken === before) return taken;
  }
  return taken;
};
