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
  /** Absent where nobody has numbered it yet: then its tariff text alone says whose it is. */
  readonly sessionId?: string;
  /** What the meter shall sign as the tariff's text: binds the driver's consent to this one session, see `consentBinding`. */
  readonly tariffText: string;
}

/** The register as a session found it. */
export interface MeterBegin {
  readonly atMs: number;
  readonly registerMilliWh: bigint;
}

/** Watt-milliseconds of the last place on the display, and its milliwatt-hours: tenths of a watt-hour, as real meters show. */
const WMS_PER_STEP = 360_000n;
const MILLI_WH_PER_STEP = 100n;

/** What the display shows of a register, in steps of 0.1 Wh. */
export const milliWhShown = (registerWms: bigint): bigint => (registerWms / WMS_PER_STEP) * MILLI_WH_PER_STEP;

/** An outlet's energy meter: a cumulative register that signs its readings (OCMF). */
export class SignedMeter {
  readonly #identity: MeterIdentity;
  #registerWms: bigint;
  #page: number;
  /** How the running session began; forgotten when the meter restarts and nobody says it again, then the end is signed alone. */
  #begin: (MeterBegin & { readonly tariffText: string }) | undefined;

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
    return milliWhShown(this.#registerWms);
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

  /** A session began so, maybe before a restart: its end is signed with it. */
  begun(tariffText: string, { atMs, registerMilliWh }: MeterBegin): void {
    this.#begin = { atMs, registerMilliWh, tariffText };
  }

  /**
   * A signed reading that begins (`B`) or ends (`E`) a charging session, bound to it and to the driver's consent. The end
   * holds the begin too, so that one record says all.
   */
  signed(atMs: number, transaction: 'B' | 'E', { sessionId, tariffText }: MeteredSession): string {
    this.#page += 1;
    const now = { atMs, registerMilliWh: this.registerMilliWh };
    const begin = transaction === 'E' && this.#begin?.tariffText === tariffText ? this.#begin : undefined;
    this.#begin = transaction === 'B' ? { ...now, tariffText } : undefined;
    const { meterId, evseId, gatewaySerial, key } = this.#identity;
    return signOcmf(
      {
        gateway: { model: 'Roamgrid station', serial: gatewaySerial, version: '1' },
        meter: { vendor: 'Roamgrid', model: 'simulated', serial: meterId, firmware: '1' },
        page: this.#page,
        evseId,
        ...(sessionId !== undefined && { sessionId }),
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
