import { hold } from '../../failure.ts';
import { keysAt } from '../../signature.ts';
import type { Station } from '../../session/records.ts';
import type { Settled } from '../../session/settled.ts';

/** Registers of meters over all sessions that are seen: no energy and no time of one is billed twice. */
export class Meters {
  readonly #last = new Map<string, { readonly atMs: number; readonly milliWh: bigint }>();

  /** Sessions of a meter come in the order of their ends. */
  use({ open, close }: Settled, station: Station): void {
    const { quote, openedAtMs } = open;
    const outlet = station.outlets.find(
      ({ evseId, removedAtMs }) => evseId === quote.evseId && openedAtMs < removedAtMs,
    );
    const [key] = keysAt(outlet?.meterKeys ?? [], openedAtMs);
    const meter = `${quote.vun} ${key?.meterId ?? key?.kid ?? ''}`;
    const [first, last] = [close.readings[0], close.readings.at(-1)];
    const before = this.#last.get(meter);
    hold(
      before === undefined || (before.atMs <= first.atMs && before.milliWh <= first.registerMilliWh),
      'its meter’s energy or time was billed before',
    );
    if (last !== undefined) this.#last.set(meter, { atMs: last.atMs, milliWh: last.registerMilliWh });
  }
}
