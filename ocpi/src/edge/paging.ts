import { parseDateTimeMs } from '@roamgrid/domain';
import { refused, STATUS } from './refusal.ts';

/** Which part of a list is asked for. Spec: OCPI 2.2.1 transport_and_format, Paginated Request. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

const count = (query: URLSearchParams, name: string, byDefault: number, least: number): number => {
  const text = query.get(name);
  if (text === null || text === '') return byDefault;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw refused(STATUS.invalid, `${name} has to be a whole number of at least ${least}`);
  }
  return Number(text);
};

const time = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  // A plus sign that nobody escaped came as a space.
  const ms = parseDateTimeMs(text.replace(/ (\d{2}:?\d{2})$/, '+$1'));
  if (ms === undefined) throw refused(STATUS.invalid, `${name} has to be a time like 2025-06-30T21:59:59Z`);
  return ms;
};

export const pageOf = (query: URLSearchParams, pageLimit: number): Page => ({
  offset: count(query, 'offset', 0, 0),
  limit: Math.min(count(query, 'limit', pageLimit, 1), pageLimit),
  fromMs: time(query, 'date_from'),
  untilMs: time(query, 'date_to'),
});

/** Headers of a list's answer; the link keeps every filter that was asked with. */
export const pageHeaders = (
  address: string,
  query: URLSearchParams,
  { offset, limit }: Page,
  { total, pageLimit }: { readonly total: number; readonly pageLimit: number },
): Record<string, string> => {
  const headers: Record<string, string> = {
    'x-total-count': total.toString(),
    'x-limit': pageLimit.toString(),
  };
  if (offset + limit < total) {
    const next = new URLSearchParams(query);
    next.set('offset', (offset + limit).toString());
    next.set('limit', limit.toString());
    headers['link'] = `<${address}?${next.toString()}>; rel="next"`;
  }
  return headers;
};
