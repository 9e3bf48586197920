import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';

/**
 * Checks JSON by a schema at the speed that a batch of sessions needs: the zod schema stays the one description, its JSON
 * Schema is compiled once, with the first value. Nothing is decoded; bigints stay the decimal strings that they are on the wire.
 */
export type Shape<T> = (value: unknown) => value is T;

// check-allow module-state: a compiler without options that change; what it says of a value depends on the schema alone
let compiler: Ajv2020 | undefined;
/** Made with the first check: most programs that load this never check by one, and to make it takes them a tenth of their start. */
const ajv = (): Ajv2020 =>
  (compiler ??= new Ajv2020({ strict: true, validateFormats: false, allowUnionTypes: true }));

/** A compiled check of a schema's wire form. `faultOf` names the first thing that is wrong. */
export interface FastShape<T> {
  readonly matches: Shape<T>;
  /** Where the last refused value was wrong, and how. */
  readonly fault: () => string;
}

export const fastShape = <S extends z.ZodType>(schema: S): FastShape<z.input<S>> => {
  let validate: ValidateFunction | undefined;
  const compiled = (): ValidateFunction => {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
    return ajv().compile(json);
  };
  return {
    matches: (value): value is z.input<S> => (validate ??= compiled())(value),
    fault: () => {
      const [error] = validate?.errors ?? [];
      return error === undefined
        ? 'wrong'
        : `${error.instancePath.slice(1).replaceAll('/', '.')}: ${error.message ?? 'wrong'}`;
    },
  };
};
