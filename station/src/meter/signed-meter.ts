import type { KeyObject } from 'node:crypto';
import { signOcmf, type MeterReading } from '@roamgrid/wire';

export interface MeterIdentity {
  readonly meterId: string;
  readonly evseId: string;
  readonly gatewaySerial: string;
  /** Private ECDSA P-256 key; its public half is registered on the ledger. */
  readonly key: KeyObject;
}

/** What a meter must not lose: its register only grows and no page number is used twice. */
export interface MeterState {
  readonly registerWms: bigint;
  readonly page: number;
}

/** The session that a signed reading is bound to. */
export interface MeteredSession {
  readonly sessionId: string;
  /** What the meter shall sign as the tariff's text: binds the driver's consent, see `consentBinding`. */
  readonly tariffText: string;
}

/** Watt-milliseconds of the last place on the display, and its milliwatt-hours: tenths of a watt-hour, as real meters show. */
const WMS_PER_STEP = 360_000n;
const MILLI_WH_PER_STEP = 100n;

/** An outlet's energy meter: a cumulative register that signs its readings (OCMF). */
export class SignedMeter {
  readonly #identity: MeterIdentity;
  #registerWms: bigint;
  #page: number;
  /** How the running session began; forgotten when the meter restarts, then the end is signed alone. */
  #begin: { readonly atMs: number; readonly registerMilliWh: bigint; readonly sessionId: string } | undefined;

  constructor(identity: MeterIdentity, state: MeterState = { registerWms: 0n, page: 0 }) {
    this.#identity = identity;
    this.#registerWms = state.registerWms;
    this.#page = state.page;
  }

  get state(): MeterState {
    return { registerWms: this.#registerWms, page: this.#page };
  }

  /** What the display shows, in steps of 0.1 Wh; the part below stays in the register. */
  get registerMilliWh(): bigint {
    return (this.#registerWms / WMS_PER_STEP) * MILLI_WH_PER_STEP;
  }

  /** Energy flowed: watt-milliseconds, never negative. */
  advance(energyWms: bigint): void {
    if (energyWms < 0n) throw new RangeError('an import register never runs backwards');
    this.#registerWms += energyWms;
  }

  /** What the register shows; the first and the last of a session the meter signs, too. */
  reading(atMs: number, charging: boolean): MeterReading {
    return { atMs, registerMilliWh: this.registerMilliWh, charging };
  }

  /**
   * A signed reading that begins (`B`) or ends (`E`) a charging session, bound to it and to the driver's consent. The end
   * holds the begin too, so that one record says all.
   */
  signed(atMs: number, transaction: 'B' | 'E', { sessionId, tariffText }: MeteredSession): string {
    this.#page += 1;
    const now = { atMs, registerMilliWh: this.registerMilliWh };
    const begin = transaction === 'E' && this.#begin?.sessionId === sessionId ? this.#begin : undefined;
    this.#begin = transaction === 'B' ? { ...now, sessionId } : undefined;
    const { meterId, evseId, gatewaySerial, key } = this.#identity;
    return signOcmf(
      {
        gateway: { model: 'Roamgrid station', serial: gatewaySerial, version: '1' },
        meter: { vendor: 'Roamgrid', model: 'simulated', serial: meterId, firmware: '1' },
        page: this.#page,
        evseId,
        sessionId,
        tariffText,
        readings: [
          ...(begin === undefined
            ? []
            : [
                {
                  atMs: begin.atMs,
                  sync: 'S',
                  transaction: 'B',
                  registerMilliWh: begin.registerMilliWh,
                } as const,
              ]),
          { ...now, sync: 'S', transaction },
        ],
      },
      key,
    );
  }
}
