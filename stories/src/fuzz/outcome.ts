import { problem } from '@roamgrid/wire';
import { z } from 'zod';

/** What came of one input. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly body: string }
  /** The other side ended the connection and said nothing. */
  | { readonly kind: 'closed'; readonly why: string }
  | { readonly kind: 'silent' };

export type Verdict = 'good' | 'untyped' | 'error500' | 'hang';

const oauthError = z.looseObject({ error: z.string().regex(/^[a-z_]+$/) });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const notReady = z.strictObject({ status: z.literal('not-ready'), checks: z.array(z.unknown()) });

/** How a refusal may look. The OpenID endpoints have their own forms. Spec: RFC 9457; RFC 6749 §5.2. */
const isTyped = (outcome: Outcome & { kind: 'answer' }, isOpenId: boolean): boolean => {
  const { type, body } = outcome;
  if (type.startsWith('application/problem+json')) return problem.safeParse(parsed(body)).success;
  if (notReady.safeParse(parsed(body)).success) return true;
  if (!isOpenId) return false;
  return type.startsWith('text/html') || oauthError.safeParse(parsed(body)).success;
};

/** Whether an answer is one that a caller can act on. */
export const judge = (
  outcome: Outcome,
  { isOpenId = false, isHead = false, mayClose = false } = {},
): Verdict => {
  if (outcome.kind === 'silent') return 'hang';
  if (outcome.kind === 'closed') return mayClose ? 'good' : 'untyped';
  const { status, type } = outcome;
  if (status === 500) return 'error500';
  if (status < 400) return 'good';
  if (isHead) return type.startsWith('application/problem+json') || isOpenId ? 'good' : 'untyped';
  if (isTyped(outcome, isOpenId)) return 'good';
  return status >= 500 ? 'error500' : 'untyped';
};
