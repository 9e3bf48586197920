import { err, ok, type Result } from '../result/index.ts';
import { parseDateTimeMs } from './date-time.ts';
import { tariffEdges } from './edges.ts';
import { noteUnknownKeys } from './known-keys.ts';
import { parseRestrictions } from './parse-restrictions.ts';
import { pointerTo, type Note, type Problem } from './problem.ts';
import { isZero } from './rational.ts';
import { isJsonObject, Reader } from './reader.ts';
import {
  DIMENSION_TYPES,
  type OcpiVersion,
  type PriceComponent,
  type PriceLimit,
  type Tariff,
  type TariffElement,
  type TaxIncluded,
} from './tariff.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ParsedTariff {
  readonly tariff: Tariff;
  readonly notes: readonly Note[];
}

const parseComponent = (
  reader: Reader,
  value: unknown,
  base: string,
  index: number,
  taxIncluded: TaxIncluded,
): PriceComponent | undefined => {
  const from = reader.object(value, base);
  if (from === undefined) return undefined;
  noteUnknownKeys(reader, from, base, 'price component');
  const type = reader.word(from['type'], pointerTo(base, 'type'), DIMENSION_TYPES);
  const price = reader.decimal(from, 'price', base);
  if (price === undefined && (from['price'] ?? null) === null) reader.missing(pointerTo(base, 'price'));
  const vat = reader.decimal(from, 'vat', base);
  if (vat !== undefined && vat.n < 0n) {
    reader.problem('VALUE_OUT_OF_RANGE', pointerTo(base, 'vat'), 'a tax percentage cannot be negative');
  }
  const step = reader.count(from, 'step_size', base);
  if (step === undefined && (from['step_size'] ?? null) === null && type !== 'FLAT') {
    reader.note('DEFAULT_USED', 'step_size is missing: 1 is used', pointerTo(base, 'step_size'));
  }
  if (type === undefined || price === undefined) return undefined;
  if (vat !== undefined && !isZero(vat) && taxIncluded === 'N/A') {
    reader.note('VAT_IGNORED', 'tax_included is N/A: this vat is not applied', pointerTo(base, 'vat'));
  }
  const plain = { type, price, stepSize: step ?? 1n, index };
  return vat === undefined || taxIncluded === 'N/A' ? plain : { ...plain, vatPercent: vat };
};

const parseElement = (
  reader: Reader,
  value: unknown,
  base: string,
  index: number,
  taxIncluded: TaxIncluded,
): TariffElement => {
  const from = reader.object(value, base);
  if (from === undefined) return { index, components: [], restrictions: {} };
  noteUnknownKeys(reader, from, base, 'tariff element');
  const listPointer = pointerTo(base, 'price_components');
  const raw = reader.list(from, 'price_components', base);
  if (raw.length === 0) {
    reader.problem('LIST_EMPTY', listPointer, 'a tariff element needs at least one price component');
  }
  const components: PriceComponent[] = [];
  for (const [position, entry] of raw.entries()) {
    const pointer = pointerTo(listPointer, position);
    const component = parseComponent(reader, entry, pointer, position, taxIncluded);
    if (component === undefined) continue;
    if (components.some(({ type }) => type === component.type)) {
      reader.note('COMPONENT_REPEATED', `a second ${component.type} in one element is not used`, pointer);
    } else components.push(component);
  }
  const restrictions = parseRestrictions(reader, from['restrictions'], pointerTo(base, 'restrictions'));
  return { index, components, restrictions };
};

/** An object in either version's words, or a bare number, which is the amount before tax. */
const parseLimit = (reader: Reader, from: Json, key: string, base: string): PriceLimit | undefined => {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  const pointer = pointerTo(base, key);
  if (!isJsonObject(value)) {
    const bare = reader.decimal(from, key, base);
    return bare && { beforeTax: bare };
  }
  noteUnknownKeys(reader, value, pointer, 'price');
  const beforeTax =
    reader.decimal(value, 'before_taxes', pointer) ?? reader.decimal(value, 'excl_vat', pointer);
  const afterTax =
    reader.decimal(value, 'after_taxes', pointer) ?? reader.decimal(value, 'incl_vat', pointer);
  if (beforeTax === undefined && afterTax === undefined) reader.missing(pointerTo(pointer, 'excl_vat'));
  return { ...(beforeTax && { beforeTax }), ...(afterTax && { afterTax }) };
};

const parseTime = (reader: Reader, from: Json, key: string, base: string): number | undefined => {
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

const parseTaxIncluded = (reader: Reader, from: Json, base: string): TaxIncluded => {
  const value = from['tax_included'];
  if (value === undefined || value === null) return 'NO';
  return reader.word<TaxIncluded>(value, pointerTo(base, 'tax_included'), ['YES', 'NO', 'N/A']) ?? 'NO';
};

const hasLimitOf2_3 = (value: unknown): boolean => isJsonObject(value) && 'before_taxes' in value;

const versionOf = (from: Json): OcpiVersion => {
  if (typeof from['tax_included'] === 'string') return '2.3.0';
  if (hasLimitOf2_3(from['min_price']) || hasLimitOf2_3(from['max_price'])) return '2.3.0';
  return from['country_code'] === undefined && from['party_id'] === undefined ? '2.1.1' : '2.2.1';
};

/** Reads one tariff object with a reader that may already be inside a document. */
export const readTariff = (reader: Reader, raw: unknown, base: string): Tariff | undefined => {
  const from = reader.object(raw, base);
  if (from === undefined) return undefined;
  noteUnknownKeys(reader, from, base, 'tariff');
  const id = reader.string(from, 'id', base);
  if (id === undefined && (from['id'] ?? null) === null) {
    reader.note('DEFAULT_USED', 'the tariff has no id', pointerTo(base, 'id'));
  }
  const currency = reader.string(from, 'currency', base);
  if (currency === undefined && (from['currency'] ?? null) === null)
    reader.missing(pointerTo(base, 'currency'));
  const taxIncluded = parseTaxIncluded(reader, from, base);
  const listPointer = pointerTo(base, 'elements');
  const raws = reader.list(from, 'elements', base);
  if (raws.length === 0) reader.problem('LIST_EMPTY', listPointer, 'a tariff needs at least one element');
  const elements = raws.map((entry, index) =>
    parseElement(reader, entry, pointerTo(listPointer, index), index, taxIncluded),
  );
  const minPrice = parseLimit(reader, from, 'min_price', base);
  const maxPrice = parseLimit(reader, from, 'max_price', base);
  const startMs = parseTime(reader, from, 'start_date_time', base);
  const endMs = parseTime(reader, from, 'end_date_time', base);
  return {
    id: id ?? '',
    currency: (currency ?? '').toUpperCase(),
    version: versionOf(from),
    taxIncluded,
    elements,
    ...(minPrice && { minPrice }),
    ...(maxPrice && { maxPrice }),
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    edges: tariffEdges(elements),
  };
};

/**
 * Reads an OCPI tariff (2.1.1, 2.2.1 or 2.3.0) leniently and checks it. `raw` is parsed JSON whose numbers kept their
 * text where exactness matters. Errors: every problem found, each with its JSON pointer.
 */
export const parseTariff = (raw: unknown, base = ''): Result<ParsedTariff, readonly Problem[]> => {
  const reader = new Reader();
  const tariff = readTariff(reader, raw, base);
  return tariff === undefined || reader.problems.length > 0
    ? err(reader.problems)
    : ok({ tariff, notes: reader.notes });
};

/** A tariff alone, a list of tariffs, or either inside an OCPI response (`data`) or a CDR (`tariffs`). */
export const parseTariffs = (raw: unknown): Result<readonly ParsedTariff[], readonly Problem[]> => {
  const [list, base] = tariffList(raw, '');
  if (list.length === 0) {
    return err([{ code: 'LIST_EMPTY', pointer: base, message: 'there is no tariff here' }]);
  }
  const problems: Problem[] = [];
  const parsed: ParsedTariff[] = [];
  for (const [index, entry] of list.entries()) {
    const result = parseTariff(entry, Array.isArray(raw) || base !== '' ? listPointer(raw, base, index) : '');
    if (result.ok) parsed.push(result.value);
    else problems.push(...result.error);
  }
  return problems.length > 0 ? err(problems) : ok(parsed);
};

const tariffList = (raw: unknown, base: string): readonly [readonly unknown[], string] => {
  if (Array.isArray(raw)) return [raw as readonly unknown[], base];
  if (isJsonObject(raw) && raw['elements'] === undefined) {
    for (const key of ['data', 'tariffs', 'tariff']) {
      if (raw[key] !== undefined) return tariffList(raw[key], pointerTo(base, key));
    }
  }
  return [[raw], base];
};

const listPointer = (raw: unknown, base: string, index: number): string => {
  const at = base
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Json)[key], raw);
  return Array.isArray(at) ? pointerTo(base, index) : base;
};
