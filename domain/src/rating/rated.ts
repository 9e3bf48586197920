import type { Note, OcpiVersion, Tariff, ZoneOffsets } from '../tariff/index.ts';
import type { Charge } from './charge.ts';
import type { PricingPolicy } from './policy.ts';

/** Money before tax, the tax, and both together; `inclTaxMicros = micros + taxMicros`. */
export interface TaxedMicros {
  readonly micros: bigint;
  readonly taxMicros: bigint;
  readonly inclTaxMicros: bigint;
}

/** `before` when prices include taxes at unstated rates, `after` when taxes at unstated rates come on top. */
export type TaxSide = 'before' | 'after';

/** One price component's part of the bill, or what a minimum or maximum price changed. */
export interface RatedLine extends TaxedMicros {
  readonly type: Charge['kind'];
  readonly tariffId: string;
  /** Position in the tariff's `elements` and in the element's `price_components`; absent on limit lines. */
  readonly elementIndex?: number;
  readonly componentIndex?: number;
  /** What was used and what was billed after step size, in `unit`, as decimal text of at most nine places. */
  readonly quantity: string;
  readonly billedQuantity: string;
  readonly unit: 'kWh' | 'h' | 'fee' | 'limit';
  /** As the tariff states it, in currency units per `unit`. */
  readonly unitPrice?: string;
  readonly vatPercent?: string;
  /** Which of the two amounts cannot be known, because the tariff states no tax rate though there may be a tax. */
  readonly unknownSide?: TaxSide;
}

/** One tax of the bill. */
export interface RatedTax {
  /** Percent; absent where a limit changed the tax alone. */
  readonly percent?: string;
  readonly taxMicros: bigint;
}

/** A rated session. The lines add up to every total to the last micro. */
export interface Rated {
  readonly currency: string;
  readonly version: OcpiVersion;
  readonly totalMicros: bigint;
  readonly taxMicros: bigint;
  readonly totalInclTaxMicros: bigint;
  readonly energy: TaxedMicros;
  readonly time: TaxedMicros;
  readonly parking: TaxedMicros;
  readonly fixed: TaxedMicros;
  readonly reservation: TaxedMicros;
  readonly taxes: readonly RatedTax[];
  readonly lines: readonly RatedLine[];
  /** As used, before step size; decimal text of at most six places. */
  readonly energyKWh: string;
  readonly timeHours: string;
  readonly parkingHours: string;
  readonly reservationHours: string;
  readonly policy: PricingPolicy;
  readonly zoneOffsets: ZoneOffsets;
  readonly tariffs: readonly Tariff[];
  readonly notes: readonly Note[];
}
