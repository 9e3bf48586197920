import type { Layout, LoadLayout, PriceLayout, SessionLayout } from './layout-kinds.ts';
import { columnAt } from './table.ts';

/** Files of publishers, one row a layout: what their columns mean and how their stamps are read. No code knows a publisher. */

const load = (
  name: string,
  timeColumn: string,
  valueColumn: string,
  label: 'start' | 'end',
  more: Partial<LoadLayout> = {},
): LoadLayout => ({ kind: 'load', name, timeColumn, valueColumn, label, bareStamps: 'local', ...more });

const prices = (
  name: string,
  timeColumn: string,
  valueColumn: string,
  label: 'start' | 'end',
  currency: string,
  more: Partial<PriceLayout> = {},
): PriceLayout => ({
  ...load(name, timeColumn, valueColumn, label),
  kind: 'prices',
  currency,
  per: 'MWh',
  ...more,
});

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
const NEW_YORK = { ...MDY, zone: 'America/New_York' } as const;
const BRUSSELS = { ...DMY, zone: 'Europe/Brussels' } as const;

const DUNDEE = {
  ...DMY,
  connectorColumn: 'Connector',
  startClockColumn: 'Start Time',
  endClockColumn: 'End Time',
  zone: 'Europe/London',
} as const;

const LAYOUTS: readonly Layout[] = [
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
  prices('ercot', 'DeliveryDate', 'SettlementPointPrice', 'end', 'USD', {
    ...TEXAS,
    hourColumn: 'HourEnding',
    repeatColumn: 'DSTFlag',
  }),
  prices('ercot', 'Delivery Date', 'Settlement Point Price', 'end', 'USD', {
    ...TEXAS,
    hourColumn: 'Hour Ending',
    repeatColumn: 'Repeated Hour Flag',
  }),
  prices('nyiso', 'Time Stamp', 'LBMP ($/MWHr)', 'start', 'USD', NEW_YORK),
  prices('pjm', 'datetime_beginning_utc', 'total_lmp_da', 'start', 'USD', { ...NEW_YORK, bareStamps: 'utc' }),
  prices('pjm', 'datetime_beginning_utc', 'total_lmp_rt', 'start', 'USD', { ...NEW_YORK, bareStamps: 'utc' }),
  prices('isone', 'Date', 'Locational Marginal Price', 'end', 'USD', {
    ...NEW_YORK,
    hourColumn: 'Hour Ending',
    only: { column: 'H', value: 'D' },
  }),
  prices('ieso', 'Date', 'HOEP', 'end', 'CAD', {
    hourColumn: 'Hour',
    bareStamps: 'standard',
    zone: 'America/Toronto',
  }),
  prices('elexon', 'SettlementDate', 'SystemSellPrice', 'start', 'GBP', {
    hourColumn: 'SettlementPeriod',
    zone: 'Europe/London',
  }),
  prices('entsoe', 'MTU (CET/CEST)', 'Day-ahead Price [EUR/MWh]*', 'start', 'EUR', BRUSSELS),
  prices('entsoe', 'MTU (CET/CEST)', 'Day-ahead Price (EUR/MWh)*', 'start', 'EUR', BRUSSELS),
  prices('entsoe', 'MTU (UTC)', 'Day-ahead Price [EUR/MWh]*', 'start', 'EUR', { ...DMY, bareStamps: 'utc' }),
  prices('entsoe', 'MTU (UTC)', 'Day-ahead Price (EUR/MWh)*', 'start', 'EUR', { ...DMY, bareStamps: 'utc' }),
  prices('smard', 'Datum von', 'Deutschland/Luxemburg [€/MWh]*', 'start', 'EUR', {
    ...DMY,
    zone: 'Europe/Berlin',
  }),
  prices('smard', 'Start date', 'Germany/Luxembourg [€/MWh]*', 'start', 'EUR', {
    ...MDY,
    zone: 'Europe/Berlin',
  }),
  prices('aemo', 'SETTLEMENTDATE', 'RRP', 'end', 'AUD', {
    bareStamps: 'standard',
    zone: 'Australia/Brisbane',
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

const namesOf = (kind: Layout['kind']): readonly string[] => [
  ...new Set(LAYOUTS.filter((each) => each.kind === kind).map(({ name }) => name)),
];

/** Names of publishers for `--layout`. */
export const LOAD_LAYOUT_NAMES = namesOf('load');
export const PRICE_LAYOUT_NAMES = namesOf('prices');
export const SESSION_LAYOUT_NAMES = namesOf('sessions');

const layoutsOf =
  <K extends Layout['kind']>(kind: K) =>
  (name: string): readonly Extract<Layout, { kind: K }>[] =>
    LAYOUTS.filter((each): each is Extract<Layout, { kind: K }> => each.kind === kind && each.name === name);

export const loadLayouts = layoutsOf('load');
export const priceLayouts = layoutsOf('prices');
export const sessionLayouts = layoutsOf('sessions');

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
export const neededColumns = (layout: Layout): readonly string[] => {
  const columns = Object.entries(layout).flatMap(([field, name]) =>
    NEEDED.includes(field) && typeof name === 'string' ? [name] : [],
  );
  return layout.kind !== 'sessions' && layout.only !== undefined ? [...columns, layout.only.column] : columns;
};

/** A layout without the columns that this file does not have, and with the names that it has them under. */
export const fitted = <L extends Layout>(layout: L, header: readonly string[]): L =>
  Object.fromEntries(
    Object.entries(layout).flatMap(([field, value]) => {
      if (!field.endsWith('Column')) return [[field, value as unknown]];
      const found = header[columnAt(header, String(value))];
      return found === undefined ? [] : [[field, found]];
    }),
  ) as unknown as L;
