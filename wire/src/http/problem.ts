import { z } from 'zod';

/**
 * Error body of every HTTP interface.
 * Spec: RFC 9457 (Problem Details for HTTP APIs); `code` is the machine-readable member, `remedy` says what to do.
 */
export const problem = z.strictObject({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599),
  code: z.string().regex(/^[A-Z][A-Z0-9_]{2,63}$/),
  detail: z.string(),
  remedy: z.string().exactOptional(),
  /** Where in the request, as JSON pointers with a message each. */
  errors: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).exactOptional(),
  requestId: z.string().exactOptional(),
});
export type Problem = z.infer<typeof problem>;

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
