import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from '../link/serve-device.ts';
import { privateKeyOf, prove } from '../proof.ts';
import { LOWERED_MM } from './table.ts';

const MM_PER_S = 50;
/** An end switch answers within this of its end. */
const SWITCH_MM = 3;

const action = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('show-badge'), badgeId: z.string(), key: z.string() }),
  /** Something lies in the way at this depth, or nothing any more. */
  z.strictObject({ do: z.literal('block'), atMm: z.int().nullable() }),
  /** A switch that says always the same, or the truth again. */
  z.strictObject({
    do: z.literal('stick'),
    end: z.enum(['top', 'bottom']),
    is: z.boolean().nullable(),
  }),
  /** Somebody locks the hatch by hand, or lets go. */
  z.strictObject({ do: z.literal('hold-hatch'), locked: z.boolean() }),
  /** Somebody moves the stack by hand. */
  z.strictObject({ do: z.literal('push'), toMm: z.int() }),
]);

/** A stack of blades on a motor between two ends, under a hatch. */
export class LiftPlant implements Plant<'lift'> {
  readonly kind = 'lift';
  readonly hasPower = true;
  #order: DeviceOrder<'lift'> | undefined;
  #motor: DeviceOrder<'lift'>['motor'] = 'stop';
  #depthMm = LOWERED_MM;
  #atMs: number | undefined;
  #blockMm: number | null = null;
  #isPressed = false;
  #isHeld = false;
  readonly #stuck: { top: boolean | null; bottom: boolean | null } = { top: null, bottom: null };
  #badge: DeviceReading<'lift'>['badge'] = null;
  /** The deepest and the highest that it was, and how far it moved while the hatch was locked. */
  #deepestMm = LOWERED_MM;
  #highestMm = LOWERED_MM;
  #raisedLockedMm = 0;

  advance(nowMs: number): void {
    const sinceMs = this.#atMs ?? nowMs;
    this.#atMs = nowMs;
    if (this.#motor === 'stop' || nowMs === sinceMs) return;
    const way = ((nowMs - sinceMs) * MM_PER_S) / 1_000;
    const from = this.#depthMm;
    // Mechanical stops are a little beyond the ends.
    const to = this.#motor === 'lower' ? Math.min(from + way, LOWERED_MM + 1) : Math.max(from - way, -1);
    this.#depthMm = this.#stopBefore(from, to);
    this.#isPressed = this.#depthMm !== to;
    if (this.#motor === 'raise' && this.#hatch() === 'locked') this.#raisedLockedMm += from - this.#depthMm;
    this.#deepestMm = Math.max(this.#deepestMm, this.#depthMm);
    this.#highestMm = Math.min(this.#highestMm, this.#depthMm);
  }

  #stopBefore(from: number, to: number): number {
    const block = this.#blockMm;
    if (block === null) return to;
    if (to > from && block > from && block <= to) return block - 1;
    if (to < from && block < from && block >= to) return block + 1;
    return to;
  }

  apply(order: DeviceOrder<'lift'>): void {
    this.#order = order;
    if (order.motor !== this.#motor) this.#isPressed = false;
    this.#motor = order.motor;
  }

  lapse(): void {
    this.#motor = 'stop';
    if (this.#order !== undefined) this.#order = { ...this.#order, hatch: 'locked' };
  }

  read(): DeviceReading<'lift'> {
    return {
      top: this.#stuck.top ?? this.#depthMm <= SWITCH_MM,
      bottom: this.#stuck.bottom ?? this.#depthMm >= LOWERED_MM - SWITCH_MM,
      depthMm: Math.round(this.#depthMm),
      isObstructed: this.#isPressed,
      hatch: this.#hatch(),
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
      case 'block':
        this.#blockMm = asked.atMm;
        if (asked.atMm === null) this.#isPressed = false;
        return;
      case 'stick':
        this.#stuck[asked.end] = asked.is;
        return;
      case 'hold-hatch':
        this.#isHeld = asked.locked;
        return;
      case 'push':
        this.#depthMm = asked.toMm;
    }
  }

  world(): Readonly<Record<string, unknown>> {
    return {
      depthMm: Math.round(this.#depthMm),
      motor: this.#motor,
      hatch: this.#hatch(),
      deepestMm: Math.round(this.#deepestMm),
      highestMm: Math.round(this.#highestMm),
      raisedLockedMm: Math.round(this.#raisedLockedMm),
    };
  }

  #hatch(): 'locked' | 'released' {
    return this.#order?.hatch === 'released' && !this.#isHeld ? 'released' : 'locked';
  }
}
