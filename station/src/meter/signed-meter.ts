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

const WMS_PER_WH = 3_600_000n;

/** An outlet's energy meter: a cumulative register that signs its readings (OCMF). */
export class SignedMeter {
  readonly #identity: MeterIdentity;
  #registerWms: bigint;
  #page: number;
  /** How the running session began; forgotten when the meter restarts, then the end is signed alone. */
  #begin: { readonly atMs: number; readonly registerWh: bigint; readonly sessionId: string } | undefined;

  constructor(identity: MeterIdentity, state: MeterState = { registerWms: 0n, page: 0 }) {
    this.#identity = identity;
    this.#registerWms = state.registerWms;
    this.#page = state.page;
  }

  get state(): MeterState {
    return { registerWms: this.#registerWms, page: this.#page };
  }

  /** Whole watt-hours on the display; the part of a watt-hour below stays in the register. */
  get registerWh(): bigint {
    return this.#registerWms / WMS_PER_WH;
  }

  /** Energy flowed: watt-milliseconds, never negative. */
  advance(energyWms: bigint): void {
    if (energyWms < 0n) throw new RangeError('an import register never runs backwards');
    this.#registerWms += energyWms;
  }

  /** An unsigned reading for interim reports. */
  reading(atMs: number, charging: boolean): MeterReading {
    return { atMs, registerWh: this.registerWh, charging };
  }

  /**
   * A signed reading that begins (`B`) or ends (`E`) a charging session, bound to it. The end holds the begin too, so
   * that one record says all.
   */
  signed(atMs: number, transaction: 'B' | 'E', sessionId: string): string {
    this.#page += 1;
    const now = { atMs, registerWh: this.registerWh };
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
        readings: [
          ...(begin === undefined
            ? []
            : [{ atMs: begin.atMs, sync: 'S', transaction: 'B', registerWh: begin.registerWh } as const]),
          { ...now, sync: 'S', transaction },
        ],
      },
      key,
    );
  }
}
