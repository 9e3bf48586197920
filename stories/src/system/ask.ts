import { call, createAssertionSigner } from '@roamgrid/service-kit';
import type { z } from 'zod';
import type { SigningJwk } from './key-ring.ts';

type Role = Parameters<typeof createAssertionSigner>[0]['role'];

/** A request that was not answered as hoped, with what the other side said. */
export class AskFailed extends Error {
  override readonly name = 'AskFailed';
}

/** Ask a service of the local system as a person or machine of a utility. */
export type Ask = <S extends z.ZodType>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body: unknown,
  answer?: S,
) => Promise<z.output<S>>;

/** @returns an {@link Ask} that proves itself by a fresh assertion at each request. */
export function asker(key: SigningJwk, iss: string, utility: string, role: Role): Ask {
  const sign = createAssertionSigner({ key, iss, utility, role });
  return async (method, url, body, answer) => {
    const authorization = `Bearer ${await sign(new URL(url).origin)}`;
    const result = await call({
      method,
      url,
      headers: { authorization },
      ...(body === undefined ? {} : { body }),
      ...(answer === undefined ? {} : { answer }),
      timeoutMs: 150_000,
      maxBytes: 64 * 1024 * 1024,
    });
    if (result.ok) return result.value;
    const { failure } = result;
    const told =
      failure.kind === 'problem'
        ? `${failure.problem.code}: ${failure.problem.detail}`
        : failure.kind === 'protocol'
          ? failure.detail
          : failure.kind;
    throw new AskFailed(`${method} ${url}: ${told}`);
  };
}
