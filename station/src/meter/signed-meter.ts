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

  /** A signed reading that begins (`B`) or ends (`E`) a charging session. */
  signed(atMs: number, transaction: 'B' | 'E'): string {
    this.#page += 1;
    const { meterId, evseId, gatewaySerial, key } = this.#identity;
    return signOcmf(
      {
        gateway: { model: 'Roamgrid station', serial: gatewaySerial, version: '1' },
        meter: { vendor: 'Roamgrid', model: 'simulated', serial: meterId, firmware: '1' },
        page: this.#page,
        evseId,
        readings: [{ atMs, sync: 'S', transaction, registerWh: this.registerWh }],
      },
      key,
    );
  }
}
