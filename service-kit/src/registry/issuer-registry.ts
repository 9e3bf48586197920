import { issuerEntry, stationEntry, type IssuerEntry, type StationRecord } from '@roamgrid/wire';
import type { z } from 'zod';
import { call } from '../client/http-client.ts';
import { kitError } from '../problem/service-error.ts';

const MAX_ENTRIES = 2_000;

interface Cached<T> {
  readonly value: T;
  readonly readAtMs: number;
}

export interface RegistryTimes {
  /** An answer serves so long without asking again. */
  readonly registryFresh: number;
  /** And so long while the gateway does not answer. */
  readonly registryStale: number;
}

/** A read-through cache with a bound on age and on size; one question at a time for each key. */
const createCache = <T>(read: (key: string) => Promise<T>, times: RegistryTimes, nowMs: () => number) => {
  const entries = new Map<string, Cached<T>>();
  const asking = new Map<string, Promise<T>>();
  const ask = async (key: string): Promise<T> => {
    const value = await read(key);
    entries.delete(key);
    entries.set(key, { value, readAtMs: nowMs() });
    const oldest = entries.keys().next().value;
    if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    return value;
  };
  return async (key: string): Promise<T> => {
    const cached = entries.get(key);
    const ageMs = cached === undefined ? Number.POSITIVE_INFINITY : nowMs() - cached.readAtMs;
    if (cached !== undefined && ageMs < times.registryFresh) return cached.value;
    let question = asking.get(key);
    if (question === undefined) {
      question = ask(key).finally(() => asking.delete(key));
      asking.set(key, question);
    }
    try {
      return await question;
    } catch (thrown) {
      if (cached !== undefined && ageMs < times.registryStale) return cached.value;
      throw thrown;
    }
  };
};

/** Why the registry does not let a utility take part now. */
export type IssuerRefusal = 'unknown' | 'suspended' | 'expired';

export type IssuerAnswer =
  { readonly ok: true; readonly entry: IssuerEntry } | { readonly ok: false; readonly why: IssuerRefusal };

export interface IssuerRegistryOptions {
  /** Origin of the own gateway. */
  readonly gatewayUrl: string;
  /** A fresh assertion for an audience; see `createAssertionSigner`. */
  readonly sign: (audience: string) => Promise<string>;
  readonly times: RegistryTimes;
  /** Longest wait for the gateway, ms. Default 2,000. */
  readonly timeoutMs?: number;
  readonly nowMs?: () => number;
  /** Time by which registrations run out, where it is not the clock that answers grow old by. */
  readonly validAtMs?: () => number;
}

export interface IssuerRegistry {
  /**
   * A utility that may take part now: registered, active, in its time.
   * @throws ServiceError UNAVAILABLE when the gateway gives no usable answer and nothing is cached.
   */
  issuer(prefix: string): Promise<IssuerAnswer>;
  /** A station of a utility, when the registry has it. */
  station(utility: string, stationId: string): Promise<StationRecord | undefined>;
}

/** The ledger's registry as the own gateway serves it. A change is seen within `times.registryFresh`. */
export const createIssuerRegistry = ({
  gatewayUrl,
  sign,
  times,
  timeoutMs = 2_000,
  nowMs = Date.now,
  validAtMs = nowMs,
}: IssuerRegistryOptions): IssuerRegistry => {
  const origin = new URL(gatewayUrl).origin;
  const find = async <T extends z.ZodType>(path: string, answer: T): Promise<z.output<T> | undefined> => {
    const headers = { authorization: `Bearer ${await sign(origin)}` };
    const result = await call({ method: 'GET', url: `${origin}${path}`, headers, answer, timeoutMs });
    if (result.ok) return result.value;
    const { failure } = result;
    if (failure.kind === 'problem' && failure.problem.status === 404) return undefined;
    throw kitError('UNAVAILABLE', 'the own gateway gives no usable answer about the registry', {
      cause: failure,
    });
  };
  const issuers = createCache(
    (prefix) => find(`/internal/v1/registry/issuers/${encodeURIComponent(prefix)}`, issuerEntry),
    times,
    nowMs,
  );
  const stations = createCache(
    (key) => {
      const [utility = '', stationId = ''] = key.split(' ');
      const query = new URLSearchParams({ utilityId: utility }).toString();
      return find(`/internal/v1/registry/stations/${encodeURIComponent(stationId)}?${query}`, stationEntry);
    },
    times,
    nowMs,
  );
  return {
    async issuer(prefix) {
      const entry = await issuers(prefix);
      // Who only applies issues nobody's CINs: the members have not said that the prefix is his.
      if (entry === undefined || entry.utility.status === 'applied') return { ok: false, why: 'unknown' };
      if (entry.utility.status === 'suspended') return { ok: false, why: 'suspended' };
      if (entry.utility.validUntilMs <= validAtMs()) return { ok: false, why: 'expired' };
      return { ok: true, entry };
    },
    async station(utility, stationId) {
      const entry = await stations(`${utility} ${stationId}`);
      return entry?.station.utilityId === utility ? entry.station : undefined;
    },
  };
};
