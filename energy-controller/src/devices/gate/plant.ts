import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from '../link/serve-device.ts';
import { privateKeyOf, prove } from '../proof.ts';

const CHARGES_MILLI_A = 32_000;

const action = z.discriminatedUnion('do', [
  /** One without a key says nothing. */
  z.strictObject({ do: z.literal('plug'), id: z.string(), key: z.string() }),
  z.strictObject({ do: z.literal('unplug') }),
  z.strictObject({ do: z.literal('put-blade'), id: z.string(), key: z.string() }),
  z.strictObject({ do: z.literal('take-blade'), id: z.string() }),
  /** Notes the instant: an authentication failed elsewhere. */
  z.strictObject({ do: z.literal('note-failure') }),
]);

const OFF = { power: 'off', data: 'closed', block: 'off' } as const;

const isOn = (order: DeviceOrder<'gate'> | undefined): boolean =>
  order?.power === 'on' || order?.data === 'open' || order?.block === 'on';

/** A contactor, a data port, a block for fault-managed power and slots of blades, and a vehicle with a key of its own. */
export class GatePlant implements Plant<'gate'> {
  readonly kind = 'gate';
  readonly hasPower = true;
  #nowMs = 0;
  #order: DeviceOrder<'gate'> | undefined;
  #vehicle: { id: string; key: string } | undefined;
  #shown: DeviceReading<'gate'>['vehicle'] = null;
  readonly #blades = new Map<string, string>();
  #failedMs: number | null = null;
  #offMs: number | null = null;

  advance(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  apply(order: DeviceOrder<'gate'>): void {
    const before = this.#order;
    this.#order = order;
    this.#note(before);
    if (order.challenge === null) this.#shown = null;
    else if (order.challenge !== before?.challenge || this.#shown === null) this.#answer(order.challenge);
  }

  /** No power nor data for the vehicle, none for blades. */
  lapse(): void {
    const before = this.#order;
    if (before === undefined) return;
    this.#order = { ...before, ...OFF, blades: [], challenge: null };
    this.#note(before);
  }

  read(): DeviceReading<'gate'> {
    const { power, bladeChallenge } = this.#order ?? { power: 'off', bladeChallenge: undefined };
    const isPlugged = this.#vehicle !== undefined;
    return {
      isPlugged,
      currentMilliA: power === 'on' && isPlugged ? CHARGES_MILLI_A : 0,
      vehicle: this.#shown,
      blades: [...this.#blades].map(([id, key]) => ({
        id,
        proof: bladeChallenge === undefined ? null : prove(privateKeyOf(key), 'blade', id, bladeChallenge),
      })),
    };
  }

  act(given: unknown): void {
    const asked = action.parse(given);
    switch (asked.do) {
      case 'plug':
        // In the place of another one, it fails from now on.
        if (this.#vehicle !== undefined) this.#failed();
        this.#vehicle = { id: asked.id, key: asked.key };
        if (this.#order !== undefined && this.#order.challenge !== null) this.#answer(this.#order.challenge);
        return;
      case 'unplug':
        this.#vehicle = undefined;
        this.#shown = null;
        return;
      case 'put-blade':
        this.#blades.set(asked.id, asked.key);
        return;
      case 'take-blade':
        this.#blades.delete(asked.id);
        return;
      case 'note-failure':
        this.#failed();
    }
  }

  world(): Readonly<Record<string, unknown>> {
    const { power, data, block, blades } = this.#order ?? { ...OFF, blades: [] };
    const lasted = this.#failedMs === null || this.#offMs === null ? null : this.#offMs - this.#failedMs;
    return {
      power,
      data,
      block,
      blades,
      currentMilliA: this.read().currentMilliA,
      /** From the last noted failure until power and data were off, ms; nothing while they are on. */
      cutAfterMs: lasted,
    };
  }

  #failed(): void {
    this.#failedMs = this.#nowMs;
    this.#offMs = isOn(this.#order) ? null : this.#nowMs;
  }

  #answer(challenge: string): void {
    const vehicle = this.#vehicle;
    this.#shown =
      vehicle === undefined || vehicle.key === ''
        ? null
        : prove(privateKeyOf(vehicle.key), 'vehicle', vehicle.id, challenge);
  }

  /** When all of it went off. */
  #note(before: DeviceOrder<'gate'> | undefined): void {
    if (isOn(before) && !isOn(this.#order)) this.#offMs = this.#nowMs;
  }
}
