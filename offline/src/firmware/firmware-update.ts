import { ok, verifyInclusion, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import type { Flash } from '../charger/flash.ts';
import type { Suite } from '../suite/suite.ts';
import { keptFirmwareKeys, takeFirmwareKeys, type FirmwareKeys } from './firmware-keys.ts';
import { hashOfSlot, type Hasher, type ImageSlot } from './image-slot.ts';
import { ReceivedChunks, type Gap } from './received-chunks.ts';
import { refuseFirmware, type FirmwareRefusal } from './refusal.ts';
import {
  chunkCount,
  chunkPlace,
  keptRelease,
  takeRelease,
  type FirmwareChunk,
  type FirmwareRelease,
} from './release.ts';
import { loadUpdateMemory, saveUpdateMemory, withFailed, type UpdateMemory } from './update-memory.ts';

export interface FirmwareUpdateOptions {
  readonly suite: Pick<Suite, 'sha256' | 'verify'>;
  readonly model: string;
  /** What it was made with: the version in slot 0, and the keys that release later ones, as they were signed. */
  readonly madeWith: { readonly version: number; readonly keys: Uint8Array };
  readonly flash: { readonly memory: Flash; readonly received: Flash };
  readonly slots: readonly [ImageSlot, ImageSlot];
  readonly newHasher: () => Hasher;
}

/** What a charger says of its firmware to whoever may bring some. */
export interface FirmwareStanding {
  readonly model: string;
  readonly installedVersion: number;
  readonly keysVersion: number;
  /** Of the release that it collects or that waits to be applied; 0 for none. */
  readonly releaseVersion: number;
  readonly gaps: readonly Gap[];
}

export type FirmwareMoment = {
  readonly nowS: number | undefined;
  /** No session runs and no car is plugged in. */
  readonly isIdle: boolean;
  /** Outside the hours of the place, or when it is used least. */
  readonly isOffHours: boolean;
};

/** A version on trial is started so often before it is given up: power may go while it is tested. */
const MOST_TRIALS = 3;
const MOST_GAPS = 32;

/**
 * The firmware of a charger that no network reaches: signed chunks that many phones bring in any order, written into the slot that does not run,
 * read back whole, started when nobody charges, and left again when it does not pass its test. Whatever power does, one whole version runs.
 */
export class FirmwareUpdate {
  readonly #options: FirmwareUpdateOptions;
  #memory: UpdateMemory;
  #keys: FirmwareKeys;
  #release: FirmwareRelease | undefined;
  #received: ReceivedChunks | undefined;

  private constructor(options: FirmwareUpdateOptions, memory: UpdateMemory) {
    this.#options = options;
    this.#memory = memory;
    this.#keys = keptFirmwareKeys(memory.keys);
    this.#release = memory.release.length === 0 ? undefined : keptRelease(memory.release);
  }

  /** What a boot loader does: decides which slot runs. After it the version on trial has to {@link pass}, or the next starts give it up. */
  static async start(options: FirmwareUpdateOptions): Promise<FirmwareUpdate> {
    const { flash, madeWith } = options;
    const memory = await loadUpdateMemory(flash.memory, {
      ...{ activeSlot: 0, installedVersion: madeWith.version, phase: 'none', trials: 0 },
      ...{ failed: [], keys: madeWith.keys, release: new Uint8Array() },
    });
    const update = new FirmwareUpdate(options, memory);
    if (memory.phase === 'trial') {
      if (memory.trials < MOST_TRIALS) await update.#save({ trials: memory.trials + 1 });
      else await update.fail();
    }
    await update.#openReceived();
    return update;
  }

  /** The slot that runs now. */
  get runs(): 0 | 1 {
    const { activeSlot } = this.#memory;
    return this.isOnTrial ? this.#otherSlot : activeSlot;
  }

  get isOnTrial(): boolean {
    return this.#memory.phase === 'trial' && this.#memory.trials > 0;
  }

  get standing(): FirmwareStanding {
    return {
      ...{ model: this.#options.model, installedVersion: this.#memory.installedVersion },
      ...{ keysVersion: this.#keys.version, releaseVersion: this.#release?.version ?? 0 },
      gaps: this.#memory.phase === 'collecting' ? (this.#received?.gaps(MOST_GAPS) ?? []) : [],
    };
  }

  /** Believes later keys. */
  async takeKeys(bytes: Uint8Array): Promise<Result<FirmwareKeys, FirmwareRefusal>> {
    const keys = await takeFirmwareKeys(bytes, this.#keys, this.#options.suite);
    if (!keys.ok) return keys;
    await this.#save({ keys: bytes });
    this.#keys = keys.value;
    return keys;
  }

  /** Begins to collect a release; an earlier one that is not applied yet is dropped for it. The same again changes nothing. */
  async takeRelease(
    bytes: Uint8Array,
    nowS: number | undefined,
  ): Promise<Result<FirmwareRelease, FirmwareRefusal>> {
    const { model, slots, suite } = this.#options;
    if (this.#release !== undefined && isSame(bytes, this.#memory.release)) return ok(this.#release);
    if (this.#memory.phase === 'trial')
      return refuseFirmware('FIRMWARE_OLDER', 'a version is on trial: try again after it');
    const release = await takeRelease(
      bytes,
      {
        ...{ model, nowS, keys: this.#keys, failed: this.#memory.failed },
        atLeast: Math.max(this.#memory.installedVersion, this.#release?.version ?? 0),
        slotBytes: slots[this.#otherSlot].sizeBytes,
      },
      suite,
    );
    if (!release.ok) return release;
    await this.#save({ release: bytes, phase: 'collecting', trials: 0 });
    this.#release = release.value;
    await this.#openReceived();
    return release;
  }

  /** Takes a chunk if it is one of the release at that place, whoever brings it and in which order. @returns whether the whole is there */
  async takeChunk(
    version: number,
    { index, bytes, path }: FirmwareChunk,
  ): Promise<Result<boolean, FirmwareRefusal>> {
    const { slots } = this.#options;
    const [release, received] = [this.#release, this.#received];
    if (release?.version !== version)
      return refuseFirmware('FIRMWARE_NOT_COLLECTED', `release ${version} is not collected here`);
    if (received === undefined) return ok(true);
    if (received.has(index)) return ok(false);
    const { at, length } = chunkPlace(release, index);
    const proof = { leafIndex: index, treeSize: chunkCount(release), path };
    if (bytes.length !== length || !verifyInclusion(this.#hash, bytes, proof, release.root))
      return refuseFirmware('FIRMWARE_BAD_CHUNK', `it is not chunk ${index} of release ${version}`);
    await slots[this.#otherSlot].write(at, bytes);
    await received.note(index);
    if (received.isWhole) await this.#readBack(release);
    return ok(this.#isReady);
  }

  /** @returns whether the charger has to start anew now, to run the new version on trial */
  async isDue({ nowS, isIdle, isOffHours }: FirmwareMoment): Promise<boolean> {
    const release = this.#release;
    if (this.#memory.phase !== 'ready' || release === undefined) return false;
    if (!isIdle || !isOffHours || nowS === undefined || nowS >= release.expiresS) return false;
    // Read back once more: it may have waited for long.
    await this.#readBack(release);
    if (!this.#isReady) return false;
    await this.#save({ phase: 'trial', trials: 0 });
    return true;
  }

  /** The version on trial works: it is the one that runs from now on. */
  async pass(): Promise<void> {
    const release = this.#release;
    if (!this.isOnTrial || release === undefined) return;
    await this.#save({
      ...{ activeSlot: this.#otherSlot, installedVersion: release.version, phase: 'none', trials: 0 },
      release: new Uint8Array(),
    });
    this.#release = undefined;
  }

  /** The version on trial does not work: the one before runs, from the next start on, and this one is not tried again. */
  async fail(): Promise<void> {
    const release = this.#release;
    if (release === undefined) return;
    await this.#save({
      ...{ phase: 'none', trials: 0, release: new Uint8Array() },
      failed: withFailed(this.#memory.failed, release.version),
    });
    this.#release = undefined;
  }

  get #otherSlot(): 0 | 1 {
    return this.#memory.activeSlot === 0 ? 1 : 0;
  }

  get #isReady(): boolean {
    return this.#memory.phase === 'ready';
  }

  readonly #hash = (bytes: Uint8Array): Uint8Array => {
    const hasher = this.#options.newHasher();
    hasher.update(bytes);
    return new Uint8Array(hasher.digest());
  };

  async #openReceived(): Promise<void> {
    const release = this.#release;
    this.#received = undefined;
    if (release === undefined || this.#memory.phase !== 'collecting') return;
    const { received } = this.#options.flash;
    this.#received = await ReceivedChunks.open(received, release.root, chunkCount(release));
    // Power went between the last chunk and the look at the whole.
    if (this.#received.isWhole) await this.#readBack(release);
  }

  /** What was written is read: a chip that lost a bit, or a release whose hashes do not agree, is found before it runs. */
  async #readBack(release: FirmwareRelease): Promise<void> {
    const { slots, newHasher } = this.#options;
    const found = await hashOfSlot(slots[this.#otherSlot], release.sizeBytes, newHasher);
    this.#received = undefined;
    if (!isSame(found, release.sha256)) await this.fail();
    else if (!this.#isReady) await this.#save({ phase: 'ready' });
  }

  async #save(changes: Partial<UpdateMemory>): Promise<void> {
    const memory = { ...this.#memory, ...changes };
    await saveUpdateMemory(this.#options.flash.memory, memory);
    this.#memory = memory;
  }
}
