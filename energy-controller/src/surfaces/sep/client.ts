import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { Logger } from '@roamgrid/service-kit';
import { duration, startRounds } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import { replaceSignals } from '../../signals/replace-signals.ts';
import type { SignalBook } from '../../signals/signal-book.ts';
import { derControl, eventOf } from './control.ts';
import { lfdiOf } from './identity.ts';
import { lfdi } from './server.ts';
import { readDocument } from './xml.ts';

/** A server whose controls a house follows, and by what both know each other. */
export const sepClientConfig = z.strictObject({
  /** Of its device capabilities: `https://server/dcap`. */
  url: z.url({ protocol: /^https$/ }),
  /** PEM: the house's own key and certificate, and the authority of the server's. */
  key: z.string(),
  cert: z.string(),
  ca: z.string(),
  /** The server's: its certificate names no host. */
  serverLfdi: lfdi,
  pollMs: duration(60_000),
  timeoutMs: duration(10_000),
});
export type SepClientConfig = z.output<typeof sepClientConfig>;

const BY = 'ieee-2030-5';
const MOST_BYTES = 4 * 1024 * 1024;
const PAGE = 255;

const href = z.looseObject({ '@href': z.string() });
const listed = z.looseObject({ '@all': z.string().regex(/^\d{1,5}$/) });

const capability = z.looseObject({ EndDeviceListLink: href });
const endDevice = z.looseObject({ lFDI: z.string(), FunctionSetAssignmentsListLink: href.optional() });
const assignments = z.looseObject({ DERProgramListLink: href.optional() });
const program = z.looseObject({ DERControlListLink: href.optional() });

/** A house as a device: follows links from the server's capabilities to its controls, and puts them into the book. */
export class SepClient {
  readonly #config: SepClientConfig;
  readonly #book: SignalBook;
  readonly #nowMs: () => number;
  readonly #log: Logger;
  readonly #ownLfdi: string;
  /** Its own: a connection that another client opened was judged by that one's server. */
  readonly #agent = new Agent({ keepAlive: true });

  constructor(config: SepClientConfig, parts: { book: SignalBook; nowMs: () => number; log: Logger }) {
    this.#config = config;
    this.#book = parts.book;
    this.#nowMs = parts.nowMs;
    this.#log = parts.log;
    this.#ownLfdi = lfdiOf(new X509Certificate(config.cert));
  }

  /** Looks by itself. @returns what ends it. */
  start(): { stop(): Promise<void> } {
    const rounds = startRounds('ieee-2030-5', this.#config.pollMs, () => this.look(), this.#log);
    return {
      stop: async () => {
        await rounds.stop();
        this.close();
      },
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  async look(): Promise<void> {
    const { EndDeviceListLink } = capability.parse(
      readDocument(await this.#get(this.#config.url), 'DeviceCapability'),
    );
    const devices = await this.#list(EndDeviceListLink, 'EndDevice', endDevice);
    const own = devices.find((device) => device.lFDI.toUpperCase() === this.#ownLfdi);
    if (own === undefined) throw new Error(`the server lists no device ${this.#ownLfdi}`);
    const sets = await this.#list(own.FunctionSetAssignmentsListLink, 'FunctionSetAssignments', assignments);
    const events = [];
    for (const { DERProgramListLink } of sets)
      for (const { DERControlListLink } of await this.#list(DERProgramListLink, 'DERProgram', program))
        for (const control of await this.#list(DERControlListLink, 'DERControl', derControl)) {
          const event = eventOf(control, BY);
          if (event !== undefined) events.push(event);
        }
    await replaceSignals(this.#book, BY, events, this.#nowMs());
  }

  async #list<T extends z.ZodType>(
    link: z.output<typeof href> | undefined,
    item: string,
    schema: T,
  ): Promise<readonly z.output<T>[]> {
    if (link === undefined) return [];
    const all: z.output<T>[] = [];
    for (;;) {
      const address = new URL(link['@href'], this.#config.url);
      address.searchParams.set('s', String(all.length));
      address.searchParams.set('l', String(PAGE));
      const page = readDocument(await this.#get(address.href), `${item}List`);
      const read = listed.parse(page);
      const items = z.array(schema).parse(read[item] ?? []);
      all.push(...items);
      if (items.length === 0 || all.length >= Number(read['@all'])) return all;
    }
  }

  /** @throws Error when the server is another one, or answers something else than a document. */
  #get(url: string): Promise<string> {
    const { key, cert, ca, serverLfdi, timeoutMs, url: own } = this.#config;
    if (new URL(url).origin !== new URL(own).origin)
      return Promise.reject(new Error(`the server sends to another one: ${url}`));
    return new Promise((resolve, reject) => {
      const asked = request(
        url,
        {
          ...{ agent: this.#agent, key, cert, ca, headers: { accept: 'application/sep+xml' } },
          signal: AbortSignal.timeout(timeoutMs),
          checkServerIdentity: (_host, { raw }) =>
            lfdiOf(new X509Certificate(raw)) === serverLfdi
              ? undefined
              : new Error('the server shows the certificate of another'),
        },
        (answer) => {
          const parts: Buffer[] = [];
          let size = 0;
          answer.on('data', (part: Buffer) => {
            size += part.length;
            if (size > MOST_BYTES) asked.destroy(new Error(`more than ${MOST_BYTES} bytes at ${url}`));
            parts.push(part);
          });
          answer.on('error', reject);
          answer.on('end', () => {
            if (answer.statusCode === 200) resolve(Buffer.concat(parts).toString('utf8'));
            else reject(new Error(`status ${answer.statusCode ?? 0} of ${url}`));
          });
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  }
}
