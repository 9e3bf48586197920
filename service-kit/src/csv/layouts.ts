import type { DateOrder } from './stamps.ts';
import { columnAt } from './table.ts';

/** Files of publishers, one row a layout: what their columns mean and how their stamps are read. No code knows a publisher. */

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

const load = (
  name: string,
  timeColumn: string,
  valueColumn: string,
  label: 'start' | 'end',
  more: Partial<LoadLayout> = {},
): LoadLayout => ({ kind: 'load', name, timeColumn, valueColumn, label, bareStamps: 'local', ...more });

const sessions = (
  name: string,
  [stationColumn, startColumn, endColumn, energyColumn]: readonly [string, string, string, string],
  more: Partial<SessionLayout> = {},
): SessionLayout => ({
  kind: 'sessions',
  name,
  stationColumn,
  startColumn,
  endColumn,
  energyColumn,
  energyUnit: 'kWh',
  ...more,
});

const MDY = { dateOrder: 'mdy' } as const;
const DMY = { dateOrder: 'dmy' } as const;
const TEXAS = { ...MDY, zone: 'America/Chicago' } as const;

const DUNDEE = {
  ...DMY,
  connectorColumn: 'Connector',
  startClockColumn: 'Start Time',
  endClockColumn: 'End Time',
  zone: 'Europe/London',
} as const;

const LAYOUTS: readonly (LoadLayout | SessionLayout)[] = [
  load('ercot', 'Hour Ending', 'ERCOT', 'end', TEXAS),
  load('ercot', 'HourEnding', 'ERCOT', 'end', TEXAS),
  load('ercot', 'DeliveryDate', 'TOTAL', 'end', {
    ...TEXAS,
    hourColumn: 'HourEnding',
    repeatColumn: 'DSTFlag',
  }),
  load('ercot', 'Delivery Date', 'TOTAL', 'end', { ...TEXAS, hourColumn: 'Hour Ending' }),
  load('nyiso', 'Time Stamp', 'Integrated Load', 'start', {
    ...MDY,
    zoneColumn: 'Time Zone',
    zone: 'America/New_York',
  }),
  load('nyiso', 'Time Stamp', 'Load', 'start', { ...MDY, zoneColumn: 'Time Zone', zone: 'America/New_York' }),
  load('pjm', 'datetime_beginning_utc', 'mw', 'start', {
    ...MDY,
    bareStamps: 'utc',
    zone: 'America/New_York',
  }),
  load('isone', 'Date', 'System Load', 'end', {
    ...MDY,
    hourColumn: 'Hour Ending',
    only: { column: 'H', value: 'D' },
    zone: 'America/New_York',
  }),
  load('ieso', 'Date', 'Ontario Demand', 'end', {
    hourColumn: 'Hour',
    bareStamps: 'standard',
    zone: 'America/Toronto',
  }),
  load('neso', 'SETTLEMENT_DATE', 'ND', 'start', { hourColumn: 'SETTLEMENT_PERIOD', zone: 'Europe/London' }),
  load('entsoe', 'Time (CET/CEST)', 'Actual Total Load [MW]*', 'start', {
    ...DMY,
    operatorColumn: 'Day-ahead Total Load Forecast [MW]*',
    zone: 'Europe/Brussels',
  }),
  load('entsoe', 'Time (UTC)', 'Actual Total Load [MW]*', 'start', {
    ...DMY,
    operatorColumn: 'Day-ahead Total Load Forecast [MW]*',
    bareStamps: 'utc',
  }),
  load('smard', 'Datum von', 'Netzlast [MWh]*', 'start', { ...DMY, zone: 'Europe/Berlin' }),
  load('smard', 'Start date', 'Grid load [MWh]*', 'start', { ...MDY, zone: 'Europe/Berlin' }),
  load('rte', 'Date', 'Consommation', 'start', { ...DMY, hourColumn: 'Heures', zone: 'Europe/Paris' }),
  load('rte', 'Date - Heure', 'Consommation (MW)', 'start', { zone: 'Europe/Paris' }),
  load('aemo', 'SETTLEMENTDATE', 'TOTALDEMAND', 'end', {
    bareStamps: 'standard',
    zone: 'Australia/Brisbane',
  }),
  load('eia930', 'UTC Time at End of Hour', 'Demand (MW)', 'end', {
    ...MDY,
    operatorColumn: 'Demand Forecast (MW)',
    bareStamps: 'utc',
  }),
  sessions('roamgrid', ['station_id', 'plug_in', 'plug_out', 'energy_kwh'], {
    idColumn: 'session_id',
    connectorColumn: 'connector',
  }),
  sessions('acn', ['stationID', 'connectionTime', 'disconnectTime', 'kWhDelivered'], {
    idColumn: 'sessionID',
    zone: 'America/Los_Angeles',
  }),
  sessions('elaad', ['ChargePoint', 'UTCTransactionStart', 'UTCTransactionStop', 'TotalEnergy'], {
    ...DMY,
    idColumn: 'TransactionId',
    connectorColumn: 'Connector',
    zone: 'Etc/UTC',
  }),
  sessions('palo-alto', ['Station Name', 'Start Date', 'End Date', 'Energy (kWh)'], {
    ...MDY,
    idColumn: 'Plug In Event Id',
    connectorColumn: 'Port Number',
    startZoneColumn: 'Start Time Zone',
    endZoneColumn: 'End Time Zone',
    zone: 'America/Los_Angeles',
  }),
  sessions('boulder', ['Station_Name', 'Start_Date___Time', 'End_Date___Time', 'Energy__kWh_'], {
    ...MDY,
    idColumn: 'ObjectId',
    startZoneColumn: 'Start_Time_Zone',
    endZoneColumn: 'End_Time_Zone',
    zone: 'America/Denver',
  }),
  sessions('dundee', ['CP ID', 'Start Date', 'End Date', 'Total kWh'], {
    ...DUNDEE,
    idColumn: 'Charging event',
  }),
  sessions('dundee', ['CP ID', 'Start Date', 'End Date', 'Total kWh'], DUNDEE),
  sessions('dft', ['CPID', 'StartDate', 'EndDate', 'Energy'], {
    idColumn: 'ChargingEvent',
    startClockColumn: 'StartTime',
    endClockColumn: 'EndTime',
    zone: 'Europe/London',
  }),
];

const namesOf = (kind: 'load' | 'sessions'): readonly string[] => [
  ...new Set(LAYOUTS.filter((each) => each.kind === kind).map(({ name }) => name)),
];

/** Names of publishers for `--layout`. */
export const LOAD_LAYOUT_NAMES = namesOf('load');
export const SESSION_LAYOUT_NAMES = namesOf('sessions');

export const loadLayouts = (name: string): readonly LoadLayout[] =>
  LAYOUTS.filter((each) => each.kind === 'load').filter((each) => each.name === name);
export const sessionLayouts = (name: string): readonly SessionLayout[] =>
  LAYOUTS.filter((each) => each.kind === 'sessions').filter((each) => each.name === name);

/** Columns that a layout needs, by its own fields' names; of those that it only may use the file decides. */
const NEEDED: readonly string[] = [
  'timeColumn',
  'hourColumn',
  'valueColumn',
  'idColumn',
  'stationColumn',
  'startColumn',
  'startClockColumn',
  'endColumn',
  'endClockColumn',
  'energyColumn',
];
export const neededColumns = (layout: LoadLayout | SessionLayout): readonly string[] => {
  const columns = Object.entries(layout).flatMap(([field, name]) =>
    NEEDED.includes(field) && typeof name === 'string' ? [name] : [],
  );
  return layout.kind === 'load' && layout.only !== undefined ? [...columns, layout.only.column] : columns;
};

/** A layout without the columns that this file does not have, and with the names that it has them under. */
export const fitted = <L extends LoadLayout | SessionLayout>(layout: L, header: readonly string[]): L =>
  Object.fromEntries(
    Object.entries(layout).flatMap(([field, value]) => {
      if (!field.endsWith('Column')) return [[field, value as unknown]];
      const found = header[columnAt(header, String(value))];
      return found === undefined ? [] : [[field, found]];
    }),
  ) as unknown as L;
