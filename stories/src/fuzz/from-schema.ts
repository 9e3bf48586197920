import fc from 'fast-check';

/** A JSON Schema as the services publish it: what zod writes of what travels. Spec: JSON Schema 2020-12. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** Long lists and texts belong to what is hostile; what fits a schema stays small. */
const MOST_ITEMS = 4;
const MOST_CHARACTERS = 40;
const DEEPEST = 8;
/** Texts are slow to make from a pattern: so many are made once. */
const OF_A_PATTERN = 50;

const FORMATS: Readonly<Record<string, () => fc.Arbitrary<unknown>>> = {
  uri: () => fc.webUrl(),
  'date-time': () => fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  uuid: () => fc.uuid(),
};
const madeFormats = new Map<string, fc.Arbitrary<unknown>>();

/** Made when first asked for: addresses take a second of processor time, and the tool's help loads this file, too. */
const formatOf = (name: string): fc.Arbitrary<unknown> | undefined => {
  const made = madeFormats.get(name) ?? FORMATS[name]?.();
  if (made !== undefined) madeFormats.set(name, made);
  return made;
};

/** No lookahead: what cannot be made from its pattern is any text. */
const matching = (pattern: string): fc.Arbitrary<unknown> => {
  try {
    const made = fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' });
    return fc.constantFrom(...fc.sample(made, { seed: pattern.length, numRuns: OF_A_PATTERN }));
  } catch {
    return fc.string({ maxLength: MOST_CHARACTERS });
  }
};

const textOf = ({ pattern, format, minLength = 0, maxLength = MOST_CHARACTERS }: Schema) => {
  if (pattern !== undefined) return matching(pattern);
  const known = format === undefined ? undefined : formatOf(format);
  const most = Math.max(minLength, Math.min(maxLength, MOST_CHARACTERS));
  return known ?? fc.string({ minLength, maxLength: most });
};

const integerOf = (schema: Schema): fc.Arbitrary<number> => {
  const least = Math.max(
    Number.MIN_SAFE_INTEGER,
    schema.minimum ?? (schema.exclusiveMinimum ?? Number.MIN_SAFE_INTEGER - 1) + 1,
  );
  const most = Math.min(
    Number.MAX_SAFE_INTEGER,
    schema.maximum ?? (schema.exclusiveMaximum ?? Number.MAX_SAFE_INTEGER + 1) - 1,
  );
  return fc.oneof(
    fc.integer({ min: least, max: Math.min(most, Math.max(least, 1_000)) }),
    fc.integer({ min: least, max: most }),
    fc.constantFrom(least, most),
  );
};

const objectOf = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
  const properties = Object.entries(schema.properties ?? {});
  const required = schema.required ?? [];
  const known = fc.record(
    Object.fromEntries(properties.map(([name, property]) => [name, build(property, depth + 1)])),
    { requiredKeys: required.filter((name) => schema.properties?.[name] !== undefined) },
  );
  const { additionalProperties: more, propertyNames: names } = schema;
  if (more === undefined || typeof more === 'boolean' || properties.length > 0) return known;
  return fc.dictionary(
    (names === undefined ? fc.string({ maxLength: 12 }) : build(names, depth + 1)) as fc.Arbitrary<string>,
    build(more, depth + 1),
    { maxKeys: MOST_ITEMS },
  );
};

const listOf = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
  if (schema.prefixItems !== undefined) {
    return fc.tuple(...schema.prefixItems.map((item) => build(item, depth + 1)));
  }
  const minLength = schema.minItems ?? 0;
  const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? MOST_ITEMS, MOST_ITEMS));
  const item = schema.items === undefined || schema.items === false ? {} : schema.items;
  return fc.array(build(item, depth + 1), { minLength, maxLength });
};

const build = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
  if (depth > DEEPEST) return fc.constant(null);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => build(choice, depth + 1)));
  if (schema.allOf !== undefined) {
    return build(Object.assign({}, ...schema.allOf) as Schema, depth + 1);
  }
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return integerOf(schema);
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return listOf(schema, depth);
    case 'object':
      return objectOf(schema, depth);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};

const made = new WeakMap<Schema, fc.Arbitrary<unknown>>();

/** A generator of values that fit a schema, as nearly as a generator can. */
export const fitting = (schema: Schema): fc.Arbitrary<unknown> => {
  const known = made.get(schema) ?? build(schema, 0);
  made.set(schema, known);
  return known;
};
