import { encodeCbor, isBytes, isWhole, itemsOf, listOf } from '../cbor/cbor.ts';
import { checked, readChecked, type Flash } from '../charger/flash.ts';

/**
 * `collecting`: chunks come in. `ready`: the whole was read back and is right. `trial`: the next start runs it, and it is on trial until
 * its test passed.
 */
export type UpdatePhase = 'none' | 'collecting' | 'ready' | 'trial';

/** What a charger must not forget about its firmware. */
export interface UpdateMemory {
  /** The slot that runs when nothing is on trial. */
  readonly activeSlot: 0 | 1;
  readonly installedVersion: number;
  readonly phase: UpdatePhase;
  /** How often the version on trial was started. */
  readonly trials: number;
  /** The latest versions that did not pass here. */
  readonly failed: readonly number[];
  /** As they were signed. */
  readonly keys: Uint8Array;
  /** As it was signed; empty when none is collected. */
  readonly release: Uint8Array;
}

/** Of more than so many versions that failed the earliest are forgotten. */
const MOST_FAILED = 8;
const PHASES: readonly UpdatePhase[] = ['none', 'collecting', 'ready', 'trial'];

export const withFailed = (failed: readonly number[], version: number): readonly number[] =>
  [...failed, version].slice(-MOST_FAILED);

/** @throws when the chip spoiled it */
export const loadUpdateMemory = async (flash: Flash, fresh: UpdateMemory): Promise<UpdateMemory> => {
  const bytes = await flash.load();
  if (bytes.length === 0) return fresh;
  const content = readChecked(bytes);
  const [slot, installedVersion, phaseAt, trials, failed, keys, release] = listOf(
    content ?? new Uint8Array(),
  );
  const phase = isWhole(phaseAt) ? PHASES[phaseAt] : undefined;
  if (!isWhole(slot) || !isWhole(installedVersion) || !isWhole(trials) || phase === undefined)
    throw new Error('FIRMWARE_MEMORY_DAMAGED: set its firmware up anew');
  if (!isBytes(keys) || !isBytes(release))
    throw new Error('FIRMWARE_MEMORY_DAMAGED: set its firmware up anew');
  return {
    ...{ activeSlot: slot === 0 ? 0 : 1, installedVersion, phase, trials, keys, release },
    failed: itemsOf(failed).filter((one) => isWhole(one)),
  };
};

export const saveUpdateMemory = (flash: Flash, memory: UpdateMemory): Promise<void> => {
  const { activeSlot, installedVersion, phase, trials, failed, keys, release } = memory;
  return flash.replace(
    checked(encodeCbor([activeSlot, installedVersion, PHASES.indexOf(phase), trials, failed, keys, release])),
  );
};
