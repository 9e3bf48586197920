/** An answer in JSON, or an error whose words can be shown. Problem details say what is wrong by themselves. */
export async function readJson<T>(response: Response, what: string): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const told = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new Error(told.detail ?? `${what} answered ${response.status}`);
}

/** Ask the own server. */
export const load = async <T>(path: string): Promise<T> => readJson<T>(await fetch(path), path);

/** An element that the page's HTML must have. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
