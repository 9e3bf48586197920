import type { DateOrder } from './stamps.ts';

/** What a publisher's layout says of a file: of loads, prices or sessions. The rows are in `layouts.ts`. */

/** How a stamp without offset is read: wall clock of the zone, UTC, or the zone's standard time all year. */
export type BareStamps = 'local' | 'utc' | 'standard';

/** A load history. Column names may end in `*` where the publisher puts an area's name behind. */
export interface LoadLayout {
  readonly kind: 'load';
  readonly name: string;
  readonly timeColumn: string;
  readonly hourColumn?: string;
  /** Column that marks the second pass of an hour that the clock shows twice. */
  readonly repeatColumn?: string;
  /** Column of the abbreviation of the zone that a stamp is in. */
  readonly zoneColumn?: string;
  readonly valueColumn: string;
  readonly operatorColumn?: string;
  readonly label: 'start' | 'end';
  readonly bareStamps: BareStamps;
  readonly dateOrder?: DateOrder;
  /** Rows to read, where a file mixes several kinds. */
  readonly only?: { readonly column: string; readonly value: string };
  /** Where the publisher has one zone; else the reader of the file says it. */
  readonly zone?: string;
}

/** Prices of energy, as markets publish them: one price for each interval of a place. */
export interface PriceLayout extends Omit<LoadLayout, 'kind' | 'operatorColumn'> {
  readonly kind: 'prices';
  readonly currency: string;
  /** What a price is for. */
  readonly per: 'MWh' | 'kWh';
}

export type Layout = LoadLayout | PriceLayout | SessionLayout;

/** Units of the energy column, by their decimal places of a watt-hour. */
export type EnergyUnit = 'Wh' | 'kWh' | 'MWh';

/** Charging sessions. */
export interface SessionLayout {
  readonly kind: 'sessions';
  readonly name: string;
  /** Left out where rows have no name of their own: their line is it. */
  readonly idColumn?: string;
  readonly stationColumn: string;
  readonly connectorColumn?: string;
  readonly startColumn: string;
  /** Time of day, where the start column has dates. */
  readonly startClockColumn?: string;
  readonly startZoneColumn?: string;
  readonly endColumn: string;
  readonly endClockColumn?: string;
  readonly endZoneColumn?: string;
  readonly energyColumn: string;
  readonly energyUnit: EnergyUnit;
  readonly dateOrder?: DateOrder;
  readonly zone?: string;
}
