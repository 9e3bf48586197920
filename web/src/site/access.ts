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

/** Asks the page's own server. @throws with the code and words of what was refused, which operators can look up */
export const ask = async <T>(path: string, method: 'GET' | 'PUT' = 'GET', body?: unknown): Promise<T> => {
  const response = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return (await response.json()) as T;
  const { code, detail } = (await response.json()) as { readonly code: string; readonly detail: string };
  throw new Error(`${code}: ${detail}`);
};
