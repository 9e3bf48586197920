import { createPrivateKey, type KeyObject } from 'node:crypto';
import { privateJwk } from '@roamgrid/service-kit/runtime';
import { signOcmf, type SignedInterval } from '@roamgrid/wire';
import { z } from 'zod';

const WATT_MS_PER_MILLI_WH = 3_600n;
/** Intervals of one answer, and those that are kept. */
const MOST_INTERVALS = 1_000;

/** Who a simulated meter is, and how long its intervals are. */
export const plantMeter = z.strictObject({
  meterId: z.string().min(1).max(64),
  evseId: z.string().max(48),
  key: privateJwk,
  intervalMs: z.int().min(1_000).max(86_400_000).default(60_000),
});

/** The meter of a source: its register counts what was given, never what was taken in, and signs it interval by interval. */
export class PlantMeter {
  readonly #spec: z.output<typeof plantMeter>;
  readonly #key: KeyObject;
  readonly #signed: SignedInterval[] = [];
  #wattMs = 0n;
  #fromMs: number;
  #fromMilliWh = 0n;

  constructor(spec: z.output<typeof plantMeter>, nowMs: number) {
    this.#spec = spec;
    this.#key = createPrivateKey({ key: spec.key, format: 'jwk' });
    this.#fromMs = nowMs;
  }

  count(wattMs: bigint, nowMs: number): void {
    if (wattMs > 0n) this.#wattMs += wattMs;
    const { intervalMs } = this.#spec;
    if (Math.floor(nowMs / intervalMs) > Math.floor(this.#fromMs / intervalMs)) this.#sign(nowMs);
  }

  intervals(fromMs: number, toMs: number): SignedInterval[] {
    return this.#signed.filter((each) => each.toMs > fromMs && each.toMs <= toMs).slice(0, MOST_INTERVALS);
  }

  #sign(nowMs: number): void {
    const { meterId, evseId } = this.#spec;
    const toMilliWh = this.#wattMs / WATT_MS_PER_MILLI_WH;
    const [fromMs, fromMilliWh] = [this.#fromMs, this.#fromMilliWh];
    const ocmf = signOcmf(
      {
        gateway: { model: 'Roamgrid simulated site', serial: meterId, version: '1' },
        meter: { vendor: 'Roamgrid', model: 'simulated', serial: meterId, firmware: '1' },
        page: this.#signed.length + 1,
        evseId,
        sessionId: `given-${meterId}-${fromMs}`,
        readings: [
          { atMs: fromMs, sync: 'S', transaction: 'B', registerMilliWh: fromMilliWh },
          { atMs: nowMs, sync: 'S', transaction: 'E', registerMilliWh: toMilliWh },
        ],
      },
      this.#key,
    );
    this.#signed.push({
      ...{ fromMs, toMs: nowMs, fromRegisterMilliWh: fromMilliWh, toRegisterMilliWh: toMilliWh, ocmf },
    });
    [this.#fromMs, this.#fromMilliWh] = [nowMs, toMilliWh];
  }
}
