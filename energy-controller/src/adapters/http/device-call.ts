import { call, type Call } from '@roamgrid/service-kit';
import type { z } from 'zod';
import { callError } from '../call-error.ts';

/** Where a device that speaks plain HTTP is, and the secret by which it knows us. */
export interface HttpDevice {
  readonly url: string;
  readonly secret: string;
  /** For an answer, ms, where the caller's signal is not the tighter one. */
  readonly timeoutMs?: number;
}

/** Longest wait when the caller set none, ms: the caller's signal is the tighter one. */
const LONGEST_MS = 30_000;

/** Asks a device. @throws AdapterError */
export const callDevice = async <T extends z.ZodType>(
  device: HttpDevice,
  path: string,
  request: Pick<Call<T>, 'method' | 'body' | 'answer'>,
  signal: AbortSignal,
): Promise<z.output<T>> => {
  const result = await call({
    ...request,
    url: device.url + path,
    headers: { authorization: `Bearer ${device.secret}` },
    timeoutMs: device.timeoutMs ?? LONGEST_MS,
    signal,
  });
  if (!result.ok) throw callError(device.url, result.failure);
  return result.value;
};
