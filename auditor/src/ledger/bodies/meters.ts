import { hold } from '../../failure.ts';
import { signerOf } from '../../session/meter.ts';
import { keysAt } from '../../signature.ts';
import type { Station } from '../../session/records.ts';
import type { Settled } from '../../session/settled.ts';

/** Registers of meters over all sessions that are seen: no energy of one and no time of an outlet is billed twice. */
export class Meters {
  readonly #last = new Map<string, { readonly atMs: number; readonly milliWh: bigint }>();
  /** By outlet: its meter's and its operator's registers are apart, its time is one. */
  readonly #endedMs = new Map<string, number>();

  /** Sessions of a meter come in the order of their ends. */
  use({ open, close }: Settled, station: Station): void {
    const { quote, openedAtMs } = open;
    const outlet = station.outlets.find(
      ({ evseId, removedAtMs }) => evseId === quote.evseId && openedAtMs < removedAtMs,
    );
    const key = signerOf(close, keysAt(outlet?.meterKeys ?? [], openedAtMs));
    const meter = `${quote.vun} ${key?.meterId ?? key?.kid ?? ''}`;
    const [first, last] = [close.readings[0], close.readings.at(-1)];
    const before = this.#last.get(meter);
    hold(
      before === undefined || (before.atMs <= first.atMs && before.milliWh <= first.registerMilliWh),
      'its meter’s energy or time was billed before',
    );
    hold((this.#endedMs.get(quote.evseId) ?? 0) <= first.atMs, 'its outlet’s time was billed before');
    if (last === undefined) return;
    this.#last.set(meter, { atMs: last.atMs, milliWh: last.registerMilliWh });
    this.#endedMs.set(quote.evseId, last.atMs);
  }
}
