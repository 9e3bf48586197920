import { readJson } from '../shared/load.ts';

/** The key of this page, from the link that opened it; kept for as long as the tab lives and taken off the address. */
const KEY = 'roamgrid-site-key';

const takeKey = (): string => {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(KEY) ?? '';
};

const key = takeKey();

/** Asks the page's own server. @throws with words that can be shown */
export const ask = async <T>(path: string, method: 'GET' | 'PUT' = 'GET', body?: unknown): Promise<T> => {
  const response = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return readJson<T>(response, path);
};
