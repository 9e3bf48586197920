import { createHash } from 'node:crypto';
import { seededChance } from '@roamgrid/domain/chance';
import { signFirmwareKeys, type FirmwareKeys } from '../firmware/firmware-keys.ts';
import { FirmwareUpdate } from '../firmware/firmware-update.ts';
import { cutImage, signFirmwareRelease, type FirmwareRelease } from '../firmware/release.ts';
import type { FirmwareLoad } from '../phone/bring-firmware.ts';
import { NODE_SUITE } from '../suite/node-suite.ts';
import { newKeys, second } from './consortium.ts';
import { CutFlash, Power } from './cut-flash.ts';
import { SimulatedSlot } from './simulated-slot.ts';

/** Who makes a model of charger, with three keys of which two have to sign. */

export const MODEL = 'park-1';
export const MADE_VERSION = 4;
export const [ADA, BEN, CLEO, MALLORY] = [newKeys(), newKeys(), newKeys(), newKeys()];

export const KEYS: FirmwareKeys = {
  ...{ version: 1, threshold: 2, expiresS: second('2027-06-01T00:00:00Z') },
  keys: [ADA, BEN, CLEO],
};

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** An image whose bytes follow from a seed. */
export const imageOf = (sizeBytes: number, seed: number): Uint8Array => {
  const chance = seededChance(seed);
  return Uint8Array.from({ length: sizeBytes }, () => Math.floor(chance() * 256));
};

/** A release of an image, signed, as phones carry it. */
export const releaseOf = async (
  image: Uint8Array,
  changes: Partial<FirmwareRelease> = {},
  by = [ADA, BEN],
): Promise<FirmwareLoad> => {
  const named = { model: MODEL, version: 5, chunkBytes: 256, expiresS: second('2027-03-01T00:00:00Z') };
  const cut = cutImage(image, { ...named, ...changes }, sha256);
  const release = { ...cut.release, ...changes };
  const signers = by.map(({ signer }) => signer);
  return {
    ...{ model: release.model, version: release.version, keys: [] },
    release: await signFirmwareRelease(release, signers, NODE_SUITE),
    chunk: (index) => cut.chunk(index),
  };
};

/** The memory of one charger's firmware, which outlives every cut of power. */
export class Board {
  readonly #power = new Power();
  readonly flash = { memory: new CutFlash(this.#power), received: new CutFlash(this.#power) };
  readonly slots: readonly [SimulatedSlot, SimulatedSlot];

  constructor(slotBytes: number) {
    this.slots = [new SimulatedSlot(slotBytes), new SimulatedSlot(slotBytes)];
    this.slots[0].bytes.set(imageOf(slotBytes, MADE_VERSION));
  }

  /** Power comes (back), for so many written bytes. */
  async start(power = new Power()): Promise<FirmwareUpdate> {
    for (const part of [...Object.values(this.flash), ...this.slots]) part.power = power;
    const keys = await signFirmwareKeys(KEYS, [ADA.signer, BEN.signer], NODE_SUITE);
    return FirmwareUpdate.start({
      ...{ suite: NODE_SUITE, model: MODEL, madeWith: { version: MADE_VERSION, keys } },
      ...{ flash: this.flash, slots: this.slots, newHasher: () => createHash('sha256') },
    });
  }

  /** What a slot holds, up to so many bytes. */
  image(slot: 0 | 1, sizeBytes: number): Uint8Array {
    return this.slots[slot].bytes.slice(0, sizeBytes);
  }
}
