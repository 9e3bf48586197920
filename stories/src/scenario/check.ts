import { z } from 'zod';

/** One thing that a scenario shows: the row of the requirement, whether it holds, and what was seen. */
export const check = z.strictObject({ row: z.string(), ok: z.boolean(), seen: z.string() });
export type Check = z.infer<typeof check>;
