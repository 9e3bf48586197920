import type { Flash } from '../charger/flash.ts';

/** Power went. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** Power of one charger, which goes when so many bytes were written. */
export class Power {
  #left: number;
  written = 0;

  constructor(cutAfterBytes = Infinity) {
    this.#left = cutAfterBytes;
  }

  /** How many of these bytes are still written. */
  spend(bytes: number): number {
    const done = Math.min(bytes, this.#left);
    this.#left -= done;
    this.written += done;
    return done;
  }

  get isOff(): boolean {
    return this.#left <= 0;
  }
}

/** What a chip holds, through every cut. */
export class CutFlash implements Flash {
  bytes: Uint8Array = new Uint8Array();
  power: Power;

  constructor(power: Power) {
    this.power = power;
  }

  load(): Promise<Uint8Array> {
    return Promise.resolve(Uint8Array.from(this.bytes));
  }

  append(bytes: Uint8Array): Promise<void> {
    const done = this.power.spend(bytes.length);
    const whole = new Uint8Array(this.bytes.length + done);
    whole.set(this.bytes);
    whole.set(bytes.subarray(0, done), this.bytes.length);
    this.bytes = whole;
    return done < bytes.length || this.power.isOff
      ? Promise.reject(new PowerCut('power went'))
      : Promise.resolve();
  }

  replace(bytes: Uint8Array): Promise<void> {
    const done = this.power.spend(bytes.length + 1);
    if (done <= bytes.length) return Promise.reject(new PowerCut('power went'));
    this.bytes = Uint8Array.from(bytes);
    return this.power.isOff ? Promise.reject(new PowerCut('power went')) : Promise.resolve();
  }
}
