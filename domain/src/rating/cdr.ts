import type { Note, OcpiVersion, Rational, Tariff } from '../tariff/index.ts';

export const CDR_DIMENSIONS = [
  'CURRENT',
  'ENERGY',
  'ENERGY_EXPORT',
  'ENERGY_IMPORT',
  'MAX_CURRENT',
  'MIN_CURRENT',
  'MAX_POWER',
  'MIN_POWER',
  'PARKING_TIME',
  'POWER',
  'RESERVATION_TIME',
  'STATE_OF_CHARGE',
  'TIME',
] as const;

/** Spec: OCPI 2.2.1 mod_cdrs CdrDimensionType. */
export type CdrDimension = (typeof CDR_DIMENSIONS)[number];

/** Spec: OCPI 2.2.1 mod_cdrs ChargingPeriod. Volumes are as stated: kWh, hours, A, kW. */
export interface CdrPeriod {
  readonly startMs: number;
  readonly volumes: ReadonlyMap<CdrDimension, Rational>;
  readonly tariffId?: string;
}

/** What a meter signed about the session. The encoding says how to read it. */
export interface SignedData {
  readonly encodingMethod: string;
  readonly publicKey?: string;
  readonly values: readonly { readonly nature: string; readonly signed: string; readonly pointer: string }[];
}

/** A price that a CDR states. */
export interface StatedPrice {
  readonly beforeTax?: Rational;
  readonly afterTax?: Rational;
  /** True when the amount after taxes is the sum of parts that were each rounded. */
  readonly isSum?: true;
}

export const STATED_COSTS = [
  'total_cost',
  'total_fixed_cost',
  'total_energy_cost',
  'total_time_cost',
  'total_parking_cost',
  'total_reservation_cost',
] as const;
export type StatedCost = (typeof STATED_COSTS)[number];

export const STATED_QUANTITIES = ['total_energy', 'total_time', 'total_parking_time'] as const;
export type StatedQuantity = (typeof STATED_QUANTITIES)[number];

/** A CDR that was checked. Spec: OCPI 2.2.1 and 2.3.0 mod_cdrs CDR. */
export interface Cdr {
  readonly id: string;
  readonly version: OcpiVersion;
  readonly currency?: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The location's time zone, where the file names one; CDRs of the specification do not. */
  readonly timeZone?: string;
  readonly periods: readonly CdrPeriod[];
  readonly tariffs: readonly Tariff[];
  readonly statedCosts: ReadonlyMap<StatedCost, StatedPrice>;
  readonly statedQuantities: ReadonlyMap<StatedQuantity, Rational>;
  /** Most power that the outlet can give, kW, as far as the CDR says. */
  readonly outletKw?: Rational;
  /** Records of the meter, as they came. Spec: OCPI 2.2.1 mod_cdrs SignedData. */
  readonly signedData?: SignedData;
  /** A credit CDR states its `total_cost` negated. Spec: OCPI 2.2.1 mod_cdrs §Credit CDRs. */
  readonly isCredit: boolean;
  readonly notes: readonly Note[];
}
