import { problem, type Problem } from '@roamgrid/wire';
import type { z } from 'zod';

/** Why another service gave no usable answer; each is a different fault with a different remedy. */
export type CallFailure =
  | { readonly kind: 'unreachable'; readonly cause: unknown }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'protocol'; readonly detail: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

export type CallResult<T> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly failure: CallFailure };

export interface Call<T extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In wire form, ready for JSON. */
  readonly body?: unknown;
  /** Schema of the answer's body; absent for 204. */
  readonly answer?: T;
  readonly timeoutMs: number;
  /** Largest answer, bytes. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** By what it is asked; the runtime's own `fetch` when absent. */
  readonly through?: (url: string, options: RequestInit) => Promise<Response>;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

const readBounded = async (response: Response, maxBytes: number): Promise<string | undefined> => {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const protocol = (detail: string): CallResult<never> => ({
  ok: false,
  failure: { kind: 'protocol', detail },
});

const isAbort = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError');

/** Asks another service; never throws for what the other side does. */
export const call = async <T extends z.ZodType>(request: Call<T>): Promise<CallResult<z.output<T>>> => {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  try {
    const response = await (request.through ?? fetch)(request.url, {
      method: request.method,
      redirect: 'error',
      headers: {
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal,
    });
    const text = await readBounded(response, request.maxBytes ?? DEFAULT_MAX_BYTES);
    if (text === undefined) return protocol('the answer is larger than agreed');
    if (!response.ok) {
      const parsed = problem.safeParse(parseJson(text));
      return parsed.success
        ? { ok: false, failure: { kind: 'problem', problem: parsed.data } }
        : protocol(`status ${response.status} without a problem body`);
    }
    if (request.answer === undefined) {
      return { ok: true, status: response.status, value: undefined as z.output<T> };
    }
    const parsed = request.answer.safeParse(parseJson(text));
    return parsed.success
      ? { ok: true, status: response.status, value: parsed.data }
      : protocol('the answer does not match its schema');
  } catch (thrown) {
    if (isAbort(thrown)) return { ok: false, failure: { kind: 'timeout' } };
    return { ok: false, failure: { kind: 'unreachable', cause: thrown } };
  }
};
