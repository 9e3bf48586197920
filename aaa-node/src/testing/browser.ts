/** As much of a browser as signing in needs: cookies by path, redirects one at a time, forms. */
export interface Page {
  readonly status: number;
  readonly url: URL;
  readonly text: string;
  /** Where the last redirect pointed when it left the site. */
  readonly leftTo: URL | undefined;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** `headers` are what a proxy on the way would add. */
export const createBrowser = (origin: string, headers: Readonly<Record<string, string>> = {}) => {
  const cookies = new Map<string, Cookie>();

  const remember = (response: Response): void => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', value = ''] = pair.split('=');
      const path = attributes.find((part) => part.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
      const expires = attributes.find((part) => part.toLowerCase().startsWith('expires='))?.slice(8);
      const key = `${name} ${path}`;
      if (expires !== undefined && Date.parse(expires) < Date.now()) cookies.delete(key);
      else cookies.set(key, { value: `${name}=${value}`, path });
    }
  };

  const open = async (address: string | URL, form?: Readonly<Record<string, string>>): Promise<Page> => {
    let url = new URL(address, origin);
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let hops = 0; hops < 10; hops += 1) {
      const cookie = [...cookies.values()]
        .filter(({ path }) => url.pathname.startsWith(path))
        .map(({ value }) => value)
        .join('; ');
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { ...headers, cookie },
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      remember(response);
      const location = response.headers.get('location');
      if (location === null)
        return { status: response.status, url, text: await response.text(), leftTo: undefined };
      await response.body?.cancel();
      url = new URL(location, url);
      body = undefined;
      if (url.origin !== origin) return { status: response.status, url, text: '', leftTo: url };
    }
    throw new Error('too many redirects');
  };

  return { open };
};

/** Hidden fields and address of the form with this id, or of the first one. */
export const readForm = (
  page: Page,
): { readonly action: string; readonly fields: Record<string, string> } => {
  const form = /<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/.exec(page.text);
  if (form === null) throw new Error(`there is no form on ${page.url.pathname}: ${page.text}`);
  const fields: Record<string, string> = {};
  for (const [input] of (form[2] ?? '').matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) fields[name] = /value="([^"]*)"/.exec(input)?.[1] ?? '';
  }
  return { action: form[1] ?? '', fields };
};
