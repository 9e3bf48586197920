import type { ReadyCheck } from '../http/service.ts';
import { call } from './http-client.ts';

const LIMIT_MS = 1_500;

/**
 * Whether another service of the own utility answers, for readiness. It is asked for its life, never for its readiness:
 * of two that wait for each other neither would become ready.
 * @param isAdvisory for a partner without which this service does its work less well, but does it
 */
export const partnerCheck = (
  name: string,
  url: string,
  { isAdvisory = false }: { readonly isAdvisory?: boolean } = {},
): (() => Promise<ReadyCheck>) => {
  const health = new URL('/healthz', url).href;
  let asking: Promise<ReadyCheck> | undefined;
  const ask = async (): Promise<ReadyCheck> => {
    const result = await call({ method: 'GET', url: health, timeoutMs: LIMIT_MS });
    // Any answer is a sign of life; a proxy's 5xx is its word that there is none.
    const isAlive =
      result.ok ||
      result.failure.kind === 'protocol' ||
      (result.failure.kind === 'problem' && result.failure.problem.status < 500);
    return {
      name,
      ok: isAlive,
      ...(isAlive ? {} : { detail: `${health} does not answer` }),
      ...(isAdvisory ? { isAdvisory } : {}),
    };
  };
  return () =>
    (asking ??= ask().finally(() => {
      asking = undefined;
    }));
};
