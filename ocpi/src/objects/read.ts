import { err, ok, type Result } from '@roamgrid/domain';
import { isExactNumber } from '@roamgrid/wire';
import type { z } from 'zod';

/** A JSON object whose numbers kept their digits. */
export type JsonTree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is JsonTree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);

const MAX_FAULTS = 5;

/** Checks an object as it came; faults are named by their pointer. What passes is the object itself, nothing left out. */
export const readObject = <S extends z.ZodType>(schema: S, value: unknown): Result<z.output<S>, string> => {
  const parsed = schema.safeParse(value);
  // The schemas change nothing, but would put the members into their own order.
  if (parsed.success) return ok(value as z.output<S>);
  const faults = parsed.error.issues
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => `/${path.map(String).join('/')}: ${message}`);
  return err(faults.join('; '));
};

/** A PATCH laid over an object: whole fields are replaced, what it does not name stays. */
export const patched = (object: JsonTree, patch: JsonTree): JsonTree => ({ ...object, ...patch });
