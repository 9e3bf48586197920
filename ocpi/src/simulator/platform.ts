import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as a partner's platform got it. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole body; an envelope around `data` where there is none. */
  readonly text?: string;
  readonly data?: unknown;
  readonly statusCode?: number;
}

/** A partner's platform made of raw HTTP, which shares no code with the door: it says what a test has it say. */
export interface Platform {
  readonly url: string;
  readonly version: string;
  readonly token: string;
  readonly heard: Heard[];
  /** By method and path, the last one set counts; `undefined` falls back to what the platform says by itself. */
  say(answer: (heard: Heard) => Said | undefined | Promise<Said | undefined>): void;
  /** Asks a door with a token, as is or in Base64. */
  ask(
    url: string,
    token: string,
    options?: {
      readonly method?: string;
      readonly text?: string;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly plain?: boolean;
    },
  ): Promise<{ status: number; headers: Headers; text: string; json: Envelope }>;
  credentials(country: string, party: string, ...roles: readonly string[]): object;
  close(): void;
}

export interface Envelope {
  readonly status_code: number;
  readonly status_message: string;
  readonly timestamp: string;
  readonly data: never;
}

export const startPlatform = async (
  version = '2.2.1',
  modules: readonly string[] = [],
): Promise<Platform> => {
  const heard: Heard[] = [];
  let answer: (one: Heard) => Said | undefined | Promise<Said | undefined> = () => undefined;
  const token = `platform-token-${Math.random().toString(36).slice(2)}`;
  const byItself = (one: Heard, url: string): Said => {
    if (one.path === '/versions') return { data: [{ version, url: `${url}/${version}` }] };
    if (one.path === `/${version}`) {
      const endpoints = modules.map((module) => {
        const [identifier = '', role = ''] = module.split(' ');
        return { identifier, role, url: `${url}/${role.toLowerCase()}/${identifier}` };
      });
      const credentials = { identifier: 'credentials', role: 'RECEIVER', url: `${url}/credentials` };
      return { data: { version, endpoints: [credentials, ...endpoints] } };
    }
    return one.method === 'GET' ? { status: 404, data: undefined, statusCode: 2000 } : { data: undefined };
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Heard = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      heard.push(one);
      void Promise.resolve(answer(one)).then((set) => {
        const said = set ?? byItself(one, url);
        response.writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers });
        const envelope = {
          data: said.data,
          status_code: said.statusCode ?? 1000,
          timestamp: new Date().toISOString(),
        };
        response.end(said.text ?? JSON.stringify(envelope));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    version,
    token,
    heard,
    say(next) {
      answer = next;
    },
    async ask(address, shown, { method = 'GET', text, body, headers = {}, plain = false } = {}) {
      const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(address, {
        method,
        headers: {
          authorization: `Token ${plain ? shown : Buffer.from(shown).toString('base64')}`,
          ...(payload !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(payload !== undefined && { body: payload }),
      });
      const told = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text: told,
        json: (told === '' ? {} : JSON.parse(told)) as Envelope,
      };
    },
    credentials: (country, party, ...roles) => ({
      token,
      url: `${url}/versions`,
      roles: roles.map((role) => ({
        role,
        country_code: country,
        party_id: party,
        business_details: { name: `${party} platform` },
      })),
    }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
};
