import { encodeCbor, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import type { QuarterLoad } from '../place/quarter-load.ts';
import { SLOT_S } from '../place/slots.ts';
import { checked, readChecked, type Flash } from './flash.ts';

/** Quarters of an hour that it keeps: two days. */
export const MOST_QUARTERS = 192;

/** What an outlet shows when it is looked at. */
export interface Look {
  /** Seconds since 1970, UTC; undefined while the time is not known. */
  nowS(): number | undefined;
  /** Cumulative register of the meter, mWh. */
  registerMilliWh(): bigint;
}

interface Open {
  readonly quarter: number;
  readonly registerMilliWh: bigint;
}

const NOTHING = new Uint8Array();
const quarterOf = (atS: number): number => Math.floor(atS / SLOT_S);

/**
 * What an outlet gave in each quarter of an hour, by either door, by its meter's register when the quarter was over. It is kept through cuts of power, the last two days of
 * it. What flows while the time is not known belongs to no quarter. Spec: SECURE-8.
 */
export class QuarterReadings {
  readonly #flash: Flash;
  readonly #look: Look;
  /** mWh by quarters since 1970; what is not here is nothing. */
  readonly #gained: Map<number, bigint>;
  /** The quarter that is not over, with the register as it began; undefined while the time is not known. */
  #open: Open | undefined;
  /** The first quarter that was seen, of those that are kept. */
  #from: number;
  /** None before it is known again is told. */
  #until: number;

  private constructor(flash: Flash, look: Look, kept: Uint8Array | undefined) {
    const [from, until, quarter, register, rows] = listOf(kept ?? NOTHING);
    this.#flash = flash;
    this.#look = look;
    this.#from = isWhole(from) ? from : 0;
    this.#until = isWhole(until) ? until : 0;
    this.#open =
      isWhole(quarter) && isWhole(register) ? { quarter, registerMilliWh: BigInt(register) } : undefined;
    this.#gained = new Map(
      itemsOf(rows).flatMap((row) => {
        const [at, given] = itemsOf(row);
        return isWhole(at) && isWhole(given) ? [[at, BigInt(given)] as const] : [];
      }),
    );
  }

  /** Reads what is kept; what the chip spoiled begins anew, as nobody is billed by it. */
  static async open(flash: Flash, look: Look): Promise<QuarterReadings> {
    const readings = new QuarterReadings(flash, look, readChecked(await flash.load()));
    await readings.look();
    return readings;
  }

  /** Quarters that are over. */
  get load(): QuarterLoad {
    const rows = [...this.#gained].filter(([quarter]) => quarter < this.#until);
    return {
      ...{ fromS: this.#from * SLOT_S, quarters: Math.max(0, this.#until - this.#from) },
      rows: rows.map(([quarter, milliWh]) => ({ at: quarter - this.#from, milliWh })),
    };
  }

  /** Looks at clock and meter, as often as somebody can: a quarter that is over is written down, late by no more than that. */
  async look(): Promise<void> {
    const nowS = this.#look.nowS();
    const open = this.#open;
    const registerMilliWh = this.#look.registerMilliWh();
    if (nowS === undefined ? open === undefined : open !== undefined && quarterOf(nowS) <= open.quarter)
      return;
    if (open !== undefined) this.#gain(open.quarter, registerMilliWh - open.registerMilliWh);
    if (nowS === undefined) {
      // It may be told within the same quarter: that one is not over yet.
      this.#open = undefined;
      this.#until = open?.quarter ?? this.#until;
    } else {
      const quarter = quarterOf(nowS);
      this.#open = { quarter, registerMilliWh };
      this.#until = quarter;
      this.#from = this.#from === 0 ? quarter : Math.max(this.#from, quarter - MOST_QUARTERS);
      for (const at of this.#gained.keys()) if (at < this.#from) this.#gained.delete(at);
    }
    await this.#flash.replace(checked(encodeCbor(this.#value())));
  }

  #gain(quarter: number, milliWh: bigint): void {
    // A meter that was exchanged shows less.
    if (milliWh > 0n) this.#gained.set(quarter, (this.#gained.get(quarter) ?? 0n) + milliWh);
  }

  #value(): CborValue {
    const rows = [...this.#gained].map(([quarter, milliWh]): CborValue => [quarter, milliWh]);
    const open: readonly CborValue[] =
      this.#open === undefined ? [null, null] : [this.#open.quarter, this.#open.registerMilliWh];
    return [this.#from, this.#until, ...open, rows];
  }
}
