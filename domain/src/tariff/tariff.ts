import type { Rational } from './rational.ts';

/** The OCPI shape a document was read from; output keeps to it. */
export type OcpiVersion = '2.1.1' | '2.2.1' | '2.3.0';

export const DIMENSION_TYPES = ['ENERGY', 'FLAT', 'PARKING_TIME', 'TIME'] as const;

/** Spec: OCPI 2.2.1 mod_tariffs TariffDimensionType. */
export type DimensionType = (typeof DIMENSION_TYPES)[number];

export const RESERVATION_TYPES = ['RESERVATION', 'RESERVATION_EXPIRES'] as const;

/** Spec: OCPI 2.2.1 mod_tariffs ReservationRestrictionType. */
export type ReservationType = (typeof RESERVATION_TYPES)[number];

/** Spec: OCPI 2.3.0 mod_tariffs TaxIncluded. Earlier versions state prices without tax: `NO`. */
export type TaxIncluded = 'YES' | 'NO' | 'N/A';

/** Spec: OCPI 2.2.1 mod_tariffs PriceComponent. */
export interface PriceComponent {
  readonly type: DimensionType;
  /** Currency units per kWh, per hour, or per session, as stated: with or without tax by `Tariff.taxIncluded`. */
  readonly price: Rational;
  /** Percent. Absent is not the same as 0: nothing is known of a tax. */
  readonly vatPercent?: Rational;
  /** Wh or seconds; 0 rounds nothing. */
  readonly stepSize: bigint;
  /** Position in the element's `price_components`. */
  readonly index: number;
}

/** All set conditions must hold. Spec: OCPI 2.2.1 mod_tariffs TariffRestrictions. */
export interface Restrictions {
  /** Minutes of the local day, from (inclusive) and until (exclusive); 1440 is the day's end; end < start wraps. */
  readonly window?: { readonly startMinute: number; readonly endMinute: number };
  /** Local days since 1970-01-01: from (inclusive), until (exclusive). */
  readonly startDay?: number;
  readonly endDay?: number;
  /** Bit 0 is Sunday, bit 6 Saturday, as in `Date.getUTCDay`. */
  readonly weekdays?: number;
  /** µWh: from (inclusive), until (exclusive). */
  readonly minEnergy?: Rational;
  readonly maxEnergy?: Rational;
  /** Ampere over all phases. */
  readonly minCurrent?: Rational;
  readonly maxCurrent?: Rational;
  /** kW. */
  readonly minPower?: Rational;
  readonly maxPower?: Rational;
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  readonly reservation?: ReservationType;
  /** A restriction of another module (bookings): such an element never prices a charging session. */
  readonly never?: true;
}

export interface TariffElement {
  readonly index: number;
  readonly components: readonly PriceComponent[];
  readonly restrictions: Restrictions;
}

/** Spec: OCPI 2.2.1 Price (`excl_vat`, `incl_vat`), 2.3.0 PriceLimit (`before_taxes`, `after_taxes`). */
export interface PriceLimit {
  readonly beforeTax?: Rational;
  readonly afterTax?: Rational;
}

/** Where the tariff may change inside a charging period; worked out once, so that most periods need no search. */
export interface TariffEdges {
  readonly usesLocalTime: boolean;
  /** Minutes of the local day at which a window opens or closes, or the date or weekday changes. */
  readonly minutes: readonly number[];
  readonly energies: readonly Rational[];
  readonly durationsMs: readonly number[];
}

/** A tariff that was checked. Spec: OCPI 2.2.1 and 2.3.0 mod_tariffs Tariff. */
export interface Tariff {
  readonly id: string;
  readonly currency: string;
  readonly version: OcpiVersion;
  readonly taxIncluded: TaxIncluded;
  readonly elements: readonly TariffElement[];
  readonly minPrice?: PriceLimit;
  readonly maxPrice?: PriceLimit;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly edges: TariffEdges;
}
