import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';

/**
 * Checks JSON by a schema at the speed that a batch of sessions needs: the zod schema stays the one description, its JSON
 * Schema is compiled once. Nothing is decoded; bigints stay the decimal strings that they are on the wire.
 */
export type Shape<T> = (value: unknown) => value is T;

const ajv = new Ajv2020({ strict: true, validateFormats: false, allowUnionTypes: true });

/** A compiled check of a schema's wire form. `faultOf` names the first thing that is wrong. */
export interface FastShape<T> {
  readonly matches: Shape<T>;
  /** Where the last refused value was wrong, and how. */
  readonly fault: () => string;
}

export const fastShape = <S extends z.ZodType>(schema: S): FastShape<z.input<S>> => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
  const validate = ajv.compile(json);
  return {
    matches: (value): value is z.input<S> => validate(value),
    fault: () => {
      const [error] = validate.errors ?? [];
      return error === undefined
        ? 'wrong'
        : `${error.instancePath.slice(1).replaceAll('/', '.')}: ${error.message ?? 'wrong'}`;
    },
  };
};
