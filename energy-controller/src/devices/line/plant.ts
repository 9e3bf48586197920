import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from '../link/serve-device.ts';
import { isProved, newChallenge, privateKeyOf, prove, publicKeyOf } from '../proof.ts';

/** Timing of ours: a pulse, then the test at low voltage. */
const PULSE_MS = 3;
const TEST_MS = 1;

const fault = z.enum(['contact', 'line-fault']);

const action = z.discriminatedUnion('do', [
  /** Who the receiver is, and whom it takes power from. */
  z.strictObject({
    do: z.literal('receiver'),
    id: z.string(),
    key: z.string(),
    transmitterKey: z.string(),
  }),
  z.strictObject({ do: z.literal('fault'), is: fault.nullable() }),
  z.strictObject({ do: z.literal('unplug-receiver') }),
]);

interface Pulse {
  readonly number: number;
  readonly startMs: number;
}

/** A pair of wires with a transmitter that gives one pulse an order, and a receiver at the other end. */
export class LinePlant implements Plant<'line'> {
  readonly kind = 'line';
  readonly hasPower = true;
  #nowMs = 0;
  #receiver: { id: string; key: string; transmitterKey: string } | undefined;
  #asked: string | null = null;
  #shown: DeviceReading<'line'>['receiver'] = null;
  #theirs: string | null = null;
  #isTrusting = false;
  #fault: z.infer<typeof fault> | null = null;
  #last: Pulse = { number: 0, startMs: -Infinity };
  /** The pulse in which the present fault began, or after which. */
  #faultyPulse: number | null = null;
  #pulsesInFault = 0;
  #pulsesUntrusted = 0;

  advance(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  apply(order: DeviceOrder<'line'>): void {
    if (order.challenge !== null && order.challenge !== this.#asked) this.#answer(order.challenge);
    if (order.proof !== null && this.#receiver !== undefined && order.proof.challenge === this.#theirs)
      this.#isTrusting = isProved(publicKeyOf(this.#receiver.transmitterKey), 'transmitter', order.proof);
    const isNext = order.pulse === this.#last.number + 1;
    if (isNext && this.#nowMs >= this.#last.startMs + PULSE_MS + TEST_MS) this.#pulse(this.#last.number + 1);
  }

  #answer(challenge: string): void {
    this.#asked = challenge;
    this.#isTrusting = false;
    this.#theirs = newChallenge();
    const receiver = this.#receiver;
    this.#shown = receiver ? prove(privateKeyOf(receiver.key), 'receiver', receiver.id, challenge) : null;
  }

  #pulse(number: number): void {
    this.#last = { number, startMs: this.#nowMs };
    if (this.#fault !== null) this.#pulsesInFault += 1;
    if (!this.#isTrusting) this.#pulsesUntrusted += 1;
  }

  /** A pulse needs an order, so none comes by itself; and the receiver takes no power that nobody answers for. */
  lapse(): void {
    this.#isTrusting = false;
    this.#asked = null;
  }

  read(): DeviceReading<'line'> {
    const { number, startMs } = this.#last;
    const isTested = this.#nowMs >= startMs + PULSE_MS + TEST_MS;
    return {
      pulse: isTested ? number : number - 1,
      // What the test of a pulse says is known when it is over.
      test: (isTested ? this.#fault : null) ?? 'good',
      receiver: this.#shown,
      challenge: this.#theirs,
      isTrusting: this.#isTrusting,
    };
  }

  act(given: unknown): void {
    const asked = action.parse(given);
    if (asked.do === 'receiver') {
      const { id, key, transmitterKey } = asked;
      this.#receiver = { id, key, transmitterKey };
    } else if (asked.do === 'unplug-receiver') {
      this.#isTrusting = false;
    } else {
      this.#fault = asked.is;
      this.#faultyPulse = asked.is === null ? null : this.#last.number;
      this.#pulsesInFault = 0;
    }
  }

  world(): Readonly<Record<string, unknown>> {
    return {
      pulses: this.#last.number,
      faultyPulse: this.#faultyPulse,
      /** That began after the fault did. */
      pulsesInFault: this.#pulsesInFault,
      pulsesUntrusted: this.#pulsesUntrusted,
      isTrusting: this.#isTrusting,
    };
  }
}
