import { call, type Call, type CallFailure } from '@roamgrid/service-kit';
import type { z } from 'zod';
import { AdapterError } from '../adapter.ts';

/** Where a device that speaks plain HTTP is, and the secret by which it knows us. */
export interface HttpDevice {
  readonly url: string;
  readonly secret: string;
}

/** Longest wait when the caller set none, ms: the caller's signal is the tighter one. */
const LONGEST_MS = 30_000;

const errorOf = (device: HttpDevice, failure: CallFailure): AdapterError => {
  switch (failure.kind) {
    case 'unreachable':
      return new AdapterError('UNREACHABLE', `${device.url} cannot be reached`, { cause: failure.cause });
    case 'timeout':
      return new AdapterError('UNREACHABLE', `${device.url} gave no answer in time`);
    case 'protocol':
      return new AdapterError('MALFORMED', `${device.url}: ${failure.detail}`);
    case 'problem':
      // Of its own troubles it is not sure that nothing was done.
      return new AdapterError(
        failure.problem.status >= 500 ? 'UNREACHABLE' : 'REFUSED',
        `${device.url}: ${failure.problem.code}, ${failure.problem.detail}`,
      );
  }
};

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
    timeoutMs: LONGEST_MS,
    signal,
  });
  if (!result.ok) throw errorOf(device, result.failure);
  return result.value;
};
