import { pointerTo } from './problem.ts';
import type { Reader } from './reader.ts';

/**
 * The fields of each OCPI object, of all versions that are read. A key that is none of them says something that no price
 * heeds, and is told with its pointer. Spec: OCPI 2.1.1, 2.2, 2.2.1, 2.3.0 (and its bookings), mod_tariffs, mod_cdrs.
 */
export const KNOWN_KEYS = {
  tariff: words(
    'country_code party_id id currency type tariff_alt_text tariff_alt_url min_price max_price elements',
    'tax_included start_date_time end_date_time energy_mix last_updated',
  ),
  'tariff element': words('price_components restrictions'),
  'price component': words('type price vat step_size'),
  'set of restrictions': words(
    'start_time end_time start_date end_date min_kwh max_kwh min_current max_current min_power max_power',
    'min_duration max_duration day_of_week reservation booking',
  ),
  price: words('excl_vat incl_vat before_taxes after_taxes taxes'),
  tax: words('name account_number percentage amount'),
  CDR: words(
    'country_code party_id id start_date_time end_date_time stop_date_time booking_id session_id auth_id',
    'cdr_token auth_method authorization_reference cdr_location location meter_id currency tariffs',
    'charging_periods signed_data total_cost total_fixed_cost total_energy total_energy_cost total_time',
    'total_time_cost total_parking_time total_parking_cost total_reservation_cost remark invoice_reference_id',
    'credit credit_reference_id home_charging_compensation last_updated',
    // No field of the specification, but files for tests carry the location's zone here, and it is read.
    'time_zone',
  ),
  'charging period': words('start_date_time dimensions tariff_id'),
  dimension: words('type volume'),
} as const;

function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').split(' '));
}

const plain = (key: string): string => key.toLowerCase().replace(/[^a-z0-9]/g, '');

/** True when one letter more, less or other, or two swapped, makes one key the other. */
const isNear = (a: string, b: string): boolean => {
  if (Math.abs(a.length - b.length) > 1) return false;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  return (
    short[at] === long[at + 1] && short[at + 1] === long[at] && short.slice(at + 2) === long.slice(at + 2)
  );
};

/** The field that a misspelt key most likely stands for. */
const meantBy = (key: string, known: ReadonlySet<string>): string | undefined => {
  const fields = [...known];
  return (
    fields.find((field) => plain(field) === plain(key)) ??
    fields.find((field) => plain(field).length > 3 && isNear(plain(field), plain(key)))
  );
};

/** Notes each key of an object that no version of OCPI has there, and what was probably meant. */
export const noteUnknownKeys = (
  reader: Reader,
  from: Readonly<Record<string, unknown>>,
  base: string,
  kind: keyof typeof KNOWN_KEYS,
): void => {
  for (const key of Object.keys(from)) {
    const known = KNOWN_KEYS[kind];
    if (known.has(key)) continue;
    const meant = meantBy(key, known);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    const message = `a ${kind} has no field ${JSON.stringify(key)}: it was not heeded${hint}`;
    reader.note('KEY_UNKNOWN', message, pointerTo(base, key));
  }
};
