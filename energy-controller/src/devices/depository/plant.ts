import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from '../link/serve-device.ts';
import { privateKeyOf, prove } from '../proof.ts';

const serial = z.string();

const action = z.discriminatedUnion('do', [
  /** The key is the badge's own. */
  z.strictObject({ do: z.literal('show-badge'), badgeId: z.string(), key: z.string() }),
  /** A badge that was overheard: the last one that was shown, again. */
  z.strictObject({ do: z.literal('replay-badge') }),
  z.strictObject({ do: z.literal('open') }),
  z.strictObject({ do: z.literal('force') }),
  z.strictObject({ do: z.literal('shut') }),
  z.strictObject({ do: z.literal('take-spare') }),
  z.strictObject({ do: z.literal('put-spare') }),
  z.strictObject({ do: z.literal('put-faulty'), serials: z.array(serial).min(1) }),
  z.strictObject({ do: z.literal('take-faulty'), serial }),
  z.strictObject({ do: z.literal('cut-power') }),
  z.strictObject({ do: z.literal('restore-power') }),
]);

/** A cabinet of blades with a door, a latch that snaps, two lamps and a badge reader. */
export class DepositoryPlant implements Plant<'depository'> {
  readonly kind = 'depository';
  hasPower = true;
  #order: DeviceOrder<'depository'> | undefined;
  #isOpen = false;
  #isReleased = false;
  #spares: number;
  readonly #faulty = new Set<string>();
  #badge: DeviceReading<'depository'>['badge'] = null;
  #opened = 0;

  constructor(spares = 2) {
    this.#spares = spares;
  }

  advance(): void {
    // Nothing happens to it by time alone.
  }

  apply(order: DeviceOrder<'depository'>): void {
    this.#order = order;
    this.#isReleased = order.latch === 'released';
  }

  lapse(): void {
    this.#isReleased = false;
  }

  read(): DeviceReading<'depository'> {
    return {
      door: this.#isOpen ? 'open' : 'shut',
      latch: this.#isReleased ? 'released' : 'locked',
      spares: this.#spares,
      faulty: [...this.#faulty],
      badge: this.#badge,
    };
  }

  act(given: unknown): void {
    const asked = action.parse(given);
    switch (asked.do) {
      case 'show-badge': {
        const challenge = this.#order?.challenge;
        if (challenge === undefined) throw new Error('the reader asks nothing yet');
        this.#badge = prove(privateKeyOf(asked.key), 'badge', asked.badgeId, challenge);
        return;
      }
      case 'replay-badge': {
        const challenge = this.#order?.challenge;
        if (this.#badge === null || challenge === undefined) throw new Error('no badge was shown');
        this.#badge = { ...this.#badge, challenge };
        return;
      }
      case 'open':
        if (!this.#isReleased) throw new Error('the door is locked');
        this.#open();
        return;
      case 'force':
        this.#open();
        return;
      case 'shut':
        this.#isOpen = false;
        return;
      case 'cut-power':
        this.hasPower = false;
        this.lapse();
        return;
      case 'restore-power':
        this.hasPower = true;
        return;
      case 'take-spare':
        this.#reachIn();
        if (this.#spares === 0) throw new Error('there is no spare blade');
        this.#spares -= 1;
        return;
      case 'put-spare':
        this.#reachIn();
        this.#spares += 1;
        return;
      case 'put-faulty':
        this.#reachIn();
        for (const one of asked.serials) this.#faulty.add(one);
        return;
      case 'take-faulty':
        this.#reachIn();
        if (!this.#faulty.delete(asked.serial)) throw new Error('there is no such blade');
    }
  }

  world(): Readonly<Record<string, unknown>> {
    const { door, latch, spares, faulty } = this.read();
    // Lamps are dark without power.
    const lamps = this.hasPower && { led1: this.#order?.led1, led2: this.#order?.led2 };
    return { door, latch, spares, faulty, opened: this.#opened, ...lamps };
  }

  #open(): void {
    if (!this.#isOpen) this.#opened += 1;
    this.#isOpen = true;
  }

  #reachIn(): void {
    if (!this.#isOpen) throw new Error('the door is shut');
  }
}
