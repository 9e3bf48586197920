import { err, ok, type Result } from '../result/index.ts';
import { parseDateTimeMs } from '../tariff/date-time.ts';
import { noteUnknownKeys } from '../tariff/known-keys.ts';
import { readTariff } from '../tariff/parse-tariff.ts';
import { pointerTo, type Problem } from '../tariff/problem.ts';
import { add, sum, type Rational } from '../tariff/rational.ts';
import { isJsonObject, Reader } from '../tariff/reader.ts';
import type { OcpiVersion, Tariff } from '../tariff/tariff.ts';
import {
  CDR_DIMENSIONS,
  STATED_COSTS,
  STATED_QUANTITIES,
  type Cdr,
  type CdrDimension,
  type CdrPeriod,
  type StatedCost,
  type StatedPrice,
  type SignedData,
  type StatedQuantity,
} from './cdr.ts';
import { outletPower } from './outlet-power.ts';

type Json = Readonly<Record<string, unknown>>;

const requiredTime = (
  reader: Reader,
  from: Json,
  keys: readonly string[],
  base: string,
): number | undefined => {
  const key = keys.find((candidate) => (from[candidate] ?? null) !== null);
  if (key === undefined) {
    reader.missing(pointerTo(base, keys[0] ?? ''));
    return undefined;
  }
  const text = reader.string(from, key, base);
  if (text === undefined) return undefined;
  const ms = parseDateTimeMs(text);
  if (ms === undefined) {
    reader.problem(
      'DATE_TIME_INVALID',
      pointerTo(base, key),
      `${text} is not a time like 2019-06-30T23:59:59Z`,
    );
  }
  return ms;
};

/** Dimensions that mean nothing to a price, or come from a later version, are noted and left out. */
const dimensionOf = (reader: Reader, value: unknown, pointer: string): CdrDimension | undefined => {
  if (typeof value === 'string' && !CDR_DIMENSIONS.some((known) => known === value.toUpperCase())) {
    reader.note('DIMENSION_UNKNOWN', `${JSON.stringify(value)} is not a CDR dimension: left out`, pointer);
    return undefined;
  }
  return reader.word(value, pointer, CDR_DIMENSIONS);
};

const parseVolumes = (reader: Reader, from: Json, base: string): ReadonlyMap<CdrDimension, Rational> => {
  const volumes = new Map<CdrDimension, Rational>();
  const listPointer = pointerTo(base, 'dimensions');
  for (const [index, entry] of reader.list(from, 'dimensions', base).entries()) {
    const pointer = pointerTo(listPointer, index);
    const dimension = reader.object(entry, pointer);
    if (dimension === undefined) continue;
    noteUnknownKeys(reader, dimension, pointer, 'dimension');
    const type = dimensionOf(reader, dimension['type'], pointerTo(pointer, 'type'));
    const volume = reader.decimal(dimension, 'volume', pointer);
    if (volume === undefined && (dimension['volume'] ?? null) === null)
      reader.missing(pointerTo(pointer, 'volume'));
    if (type === undefined || volume === undefined) continue;
    if (type.endsWith('TIME') && volume.n < 0n) {
      reader.problem('VALUE_OUT_OF_RANGE', pointerTo(pointer, 'volume'), 'a time cannot be negative');
    }
    const known = volumes.get(type);
    if (known !== undefined) reader.note('DIMENSION_REPEATED', `${type} stands twice: added up`, pointer);
    volumes.set(type, known === undefined ? volume : add(known, volume));
  }
  return volumes;
};

const parsePeriod = (reader: Reader, value: unknown, base: string): CdrPeriod | undefined => {
  const from = reader.object(value, base);
  if (from === undefined) return undefined;
  noteUnknownKeys(reader, from, base, 'charging period');
  const startMs = requiredTime(reader, from, ['start_date_time'], base);
  const volumes = parseVolumes(reader, from, base);
  const tariffId = reader.string(from, 'tariff_id', base);
  if (startMs === undefined) return undefined;
  return { startMs, volumes, ...(tariffId !== undefined && { tariffId }) };
};

/** A number (2.1.1), `excl_vat`/`incl_vat` (2.2.1) or `before_taxes`/`taxes` (2.3.0). */
const parseStated = (reader: Reader, from: Json, key: string, base: string): StatedPrice | undefined => {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) {
    const bare = reader.decimal(from, key, base);
    return bare && { beforeTax: bare };
  }
  const pointer = pointerTo(base, key);
  noteUnknownKeys(reader, value, pointer, 'price');
  const beforeTax =
    reader.decimal(value, 'before_taxes', pointer) ?? reader.decimal(value, 'excl_vat', pointer);
  const listPointer = pointerTo(pointer, 'taxes');
  const taxes = reader.list(value, 'taxes', pointer).map((entry, index) => {
    const at = pointerTo(listPointer, index);
    const tax = reader.object(entry, at);
    if (tax !== undefined) noteUnknownKeys(reader, tax, at, 'tax');
    return tax && reader.decimal(tax, 'amount', at);
  });
  const inclusive =
    reader.decimal(value, 'after_taxes', pointer) ?? reader.decimal(value, 'incl_vat', pointer);
  const hasTaxes = Array.isArray(value['taxes']) && beforeTax !== undefined;
  const afterTax =
    inclusive ?? (hasTaxes ? sum([beforeTax, ...taxes.filter((tax) => tax !== undefined)]) : undefined);
  return {
    ...(beforeTax && { beforeTax }),
    ...(afterTax && { afterTax }),
    ...(afterTax !== undefined && inclusive === undefined && { isSum: true as const }),
  };
};

const versionOf = (from: Json, tariffs: readonly Tariff[]): OcpiVersion => {
  const total = from['total_cost'];
  if (isJsonObject(total)) return 'before_taxes' in total ? '2.3.0' : '2.2.1';
  if (total !== undefined && total !== null) return '2.1.1';
  return tariffs[0]?.version ?? '2.2.1';
};

const timeZoneOf = (from: Json): string | undefined => {
  for (const holder of [from, from['cdr_location'], from['location']]) {
    const zone = isJsonObject(holder) ? holder['time_zone'] : undefined;
    if (typeof zone === 'string' && zone !== '') return zone;
  }
  return undefined;
};

/** The meter's records, where the CDR has them; whether they are any good is not judged here. */
const signedDataOf = (reader: Reader, from: Json, base: string): SignedData | undefined => {
  const value = from['signed_data'];
  if (value === undefined || value === null) return undefined;
  const pointer = pointerTo(base, 'signed_data');
  const data = reader.object(value, pointer);
  if (data === undefined) return undefined;
  const encodingMethod = reader.string(data, 'encoding_method', pointer) ?? '';
  const publicKey = reader.string(data, 'public_key', pointer);
  const listPointer = pointerTo(pointer, 'signed_values');
  const values = reader.list(data, 'signed_values', pointer).flatMap((entry, index) => {
    const at = pointerTo(listPointer, index);
    const signed = reader.object(entry, at);
    if (signed === undefined) return [];
    const blob = reader.string(signed, 'signed_data', at) ?? '';
    return [{ nature: reader.string(signed, 'nature', at) ?? '', signed: blob, pointer: at }];
  });
  return { encodingMethod, values, ...(publicKey !== undefined && { publicKey }) };
};

const parseBody = (reader: Reader, from: Json, base: string): Cdr | undefined => {
  noteUnknownKeys(reader, from, base, 'CDR');
  const startMs = requiredTime(reader, from, ['start_date_time'], base);
  const endMs = requiredTime(reader, from, ['end_date_time', 'stop_date_time'], base);
  const currency = reader.string(from, 'currency', base);
  const periodsPointer = pointerTo(base, 'charging_periods');
  const rawPeriods = reader.list(from, 'charging_periods', base);
  if (rawPeriods.length === 0) {
    reader.problem('LIST_EMPTY', periodsPointer, 'a CDR needs at least one charging period');
  }
  const periods = rawPeriods.map((entry, index) =>
    parsePeriod(reader, entry, pointerTo(periodsPointer, index)),
  );
  const tariffsPointer = pointerTo(base, 'tariffs');
  const tariffs = reader
    .list(from, 'tariffs', base)
    .map((entry, index) => readTariff(reader, entry, pointerTo(tariffsPointer, index)));
  const statedCosts = new Map<StatedCost, StatedPrice>();
  for (const key of STATED_COSTS) {
    const stated = parseStated(reader, from, key, base);
    if (stated !== undefined) statedCosts.set(key, stated);
  }
  const statedQuantities = new Map<StatedQuantity, Rational>();
  for (const key of STATED_QUANTITIES) {
    const stated = reader.decimal(from, key, base);
    if (stated !== undefined) statedQuantities.set(key, stated);
  }
  const id = reader.string(from, 'id', base) ?? '';
  const timeZone = timeZoneOf(from);
  const outletKw = outletPower(reader, from, base);
  const signedData = signedDataOf(reader, from, base);
  if (startMs === undefined || endMs === undefined || reader.problems.length > 0) return undefined;
  const readTariffs = tariffs.filter((tariff) => tariff !== undefined);
  return {
    id,
    version: versionOf(from, readTariffs),
    ...(currency !== undefined && { currency: currency.toUpperCase() }),
    startMs,
    endMs,
    ...(timeZone !== undefined && { timeZone }),
    periods: periods.filter((period) => period !== undefined),
    tariffs: readTariffs,
    statedCosts,
    statedQuantities,
    ...(outletKw && { outletKw }),
    ...(signedData && { signedData }),
    isCredit: from['credit'] === true,
    notes: reader.notes,
  };
};

/** The CDR itself, alone, as the only one of a list, or inside an OCPI response. */
const unwrapCdr = (raw: unknown, base: string): readonly [unknown, string] => {
  if (Array.isArray(raw) && raw.length === 1) return unwrapCdr(raw[0], pointerTo(base, 0));
  if (isJsonObject(raw) && raw['charging_periods'] === undefined && raw['data'] !== undefined) {
    return unwrapCdr(raw['data'], pointerTo(base, 'data'));
  }
  return [raw, base];
};

/**
 * Reads an OCPI CDR (2.1.1, 2.2.1 or 2.3.0) leniently and checks what rating needs of it. Errors: every problem found,
 * each with its JSON pointer. Embedded tariffs are read only when `withTariffs` is left on.
 */
export const parseCdr = (raw: unknown, withTariffs = true): Result<Cdr, readonly Problem[]> => {
  const reader = new Reader();
  const [value, base] = unwrapCdr(raw, '');
  const from = reader.object(value, base);
  if (from === undefined) return err(reader.problems);
  const cdr = parseBody(reader, withTariffs ? from : { ...from, tariffs: [] }, base);
  return cdr === undefined ? err(reader.problems) : ok(cdr);
};
