import { z } from 'zod';

/** Bytes as text. @param most characters */
export const base64url = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w-]+$/, 'base64url');

/** A number that a charger counts in 32 bits. */
export const count = z.int().min(0).max(4_294_967_295);
