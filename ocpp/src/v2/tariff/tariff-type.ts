/** Spec: OCPP 2.1 part 2, TariffType and what it is made of, as far as a tariff of ours can be said in it. */

export interface Conditions {
  readonly startTimeOfDay?: string;
  readonly endTimeOfDay?: string;
  readonly dayOfWeek?: readonly string[];
  readonly validFromDate?: string;
  readonly validToDate?: string;
  /** Wh. */
  readonly minEnergy?: number;
  readonly maxEnergy?: number;
  /** Seconds of the transaction. */
  readonly minTime?: number;
  readonly maxTime?: number;
}

export interface TaxRate {
  readonly type: string;
  /** Percent. */
  readonly tax: number;
}

export interface Prices<Price> {
  readonly prices: readonly (Price & { readonly conditions?: Conditions })[];
  readonly taxRates?: readonly TaxRate[];
}

export interface Cost {
  readonly exclTax: number;
  readonly inclTax: number;
}

/** Prices are before tax; the first whose conditions all hold is the one that counts. */
export interface TariffContent {
  readonly currency: string;
  readonly energy?: Prices<{ readonly priceKwh: number }>;
  readonly chargingTime?: Prices<{ readonly priceMinute: number }>;
  readonly idleTime?: Prices<{ readonly priceMinute: number }>;
  readonly fixedFee?: Prices<{ readonly priceFixed: number }>;
  readonly minCost?: Cost;
  readonly maxCost?: Cost;
}

export interface TariffType extends TariffContent {
  readonly tariffId: string;
  readonly description?: readonly object[];
  readonly validFrom?: string;
}

/** Why a price of ours cannot be said so. */
export const UNSAYABLE = {
  CURRENCY: 'the tariff, the offer and the station do not have one currency',
  STEP_SIZE: 'it is billed in steps of more than one watt-hour or second',
  TAX: 'one kind of price has several taxes, or includes one that is not stated',
  NOT_EXACT: 'a price has no exact decimal number, as a third has none',
  POWER: 'it depends on power or current, which the bill takes from the meter’s readings',
  FEE: 'a fee depends on what only shows once the session has begun',
  ENERGY_STEP: 'a condition falls between two watt-hours or seconds',
  LOCAL_TIME:
    'it depends on local time, and the station does not say that it has the one that the bill goes by',
  TIME: 'it depends on time, and the station’s transactions begin before the driver is authorised',
  CONDITIONS: 'it has conditions, and the station takes none',
  ELEMENTS: 'it has more prices than the station takes',
} as const;
export type Unsayable = keyof typeof UNSAYABLE;

export class UnsayableTariff extends Error {
  override readonly name = 'UnsayableTariff';
  readonly code: Unsayable;
  constructor(code: Unsayable) {
    super(UNSAYABLE[code]);
    this.code = code;
  }
}
