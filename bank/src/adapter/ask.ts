import { call, type CallFailure } from '@roamgrid/service-kit';
import type { z } from 'zod';

const TIMEOUT_MS = 30_000;
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

const told = (failure: CallFailure): string =>
  failure.kind === 'problem' ? `${failure.problem.code}: ${failure.problem.detail}` : failure.kind;

export type Asker = <T extends z.ZodType>(
  method: 'GET' | 'POST',
  path: string,
  answer: T,
  body?: unknown,
) => Promise<z.output<T>>;

/** Asks one of the utility's own services, as an operator of it. @throws Error saying what it refused */
export const askerOf =
  (url: string, sign: (audience: string) => Promise<string>): Asker =>
  async (method, path, answer, body) => {
    const { origin } = new URL(url);
    const result = await call({
      method,
      url: `${origin}${path}`,
      headers: { authorization: `Bearer ${await sign(origin)}` },
      answer,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_PAGE_BYTES,
      ...(body === undefined ? {} : { body }),
    });
    if (!result.ok) throw new Error(told(result.failure));
    return result.value;
  };
