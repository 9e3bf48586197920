import type { ImageSlot } from '../firmware/image-slot.ts';
import { Power, PowerCut } from './cut-flash.ts';

/** Memory that firmware runs from, through every cut. */
export class SimulatedSlot implements ImageSlot {
  readonly bytes: Uint8Array;
  power: Power;

  constructor(sizeBytes: number, power = new Power()) {
    this.bytes = new Uint8Array(sizeBytes).fill(0xff);
    this.power = power;
  }

  get sizeBytes(): number {
    return this.bytes.length;
  }

  write(at: number, bytes: Uint8Array): Promise<void> {
    const done = this.power.spend(bytes.length);
    this.bytes.set(bytes.subarray(0, done), at);
    return done < bytes.length || this.power.isOff
      ? Promise.reject(new PowerCut('power went'))
      : Promise.resolve();
  }

  read(at: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.bytes.slice(at, at + length));
  }
}
