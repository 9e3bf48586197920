import { z } from 'zod';

/** Place in a list whose rows are counted as they are made, since instants may be equal and ids do not sort by number. */
export const place = z
  .string()
  .regex(/^\d{1,10}$/)
  .refine((text) => z.int32().safeParse(Number(text)).success, 'no place in the list');
