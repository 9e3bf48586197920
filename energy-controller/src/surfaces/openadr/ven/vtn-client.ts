import { call, type CallFailure } from '@roamgrid/service-kit';
import { z } from 'zod';

/** Where a VTN is, and by what it knows this client. */
export interface VtnAddress {
  /** With the path of its version: `https://vtn.example/openadr3/3.1.0`. */
  readonly url: string;
  /** Where it gives tokens; asked from the VTN when absent. */
  readonly tokenUrl?: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: number;
}

const token = z.looseObject({ access_token: z.string(), expires_in: z.number().optional() });
const authServer = z.looseObject({ tokenURL: z.url() });

/** A token without a stated end is taken to last so long, s. */
const USUAL_TOKEN_S = 300;
/** Longest answer: a page of 50 events. */
const MOST_BYTES = 8 * 1024 * 1024;
const PAGE = 50;
const MOST_PAGES = 40;

const said = (failure: CallFailure): string =>
  failure.kind === 'protocol'
    ? failure.detail
    : failure.kind === 'problem'
      ? failure.problem.detail
      : failure.kind;

/** Asks a VTN with a token of its own, got anew when it is over. Each fault is an Error that says what was asked. */
export class VtnClient {
  readonly #address: VtnAddress;
  readonly #nowMs: () => number;
  #token: { readonly text: string; readonly untilMs: number } | undefined;

  constructor(address: VtnAddress, nowMs: () => number) {
    this.#address = address;
    this.#nowMs = nowMs;
  }

  /** All objects at a path, page after page. */
  async list<T extends z.ZodType>(
    path: string,
    item: T,
    query: Record<string, string>,
  ): Promise<z.output<T>[]> {
    const all: z.output<T>[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const asked = new URLSearchParams({ ...query, skip: String(page * PAGE), limit: String(PAGE) });
      const found = await this.ask('GET', `${path}?${asked.toString()}`, z.array(item));
      all.push(...found);
      if (found.length < PAGE) return all;
    }
    throw new Error(`the VTN has more than ${MOST_PAGES * PAGE} objects at ${path}`);
  }

  async ask<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    answer: T,
    body?: unknown,
  ): Promise<z.output<T>> {
    const asked = await call({
      ...{ method, url: `${this.#address.url}${path}`, answer, timeoutMs: this.#address.timeoutMs },
      headers: { authorization: `Bearer ${await this.#tokenNow()}` },
      maxBytes: MOST_BYTES,
      ...(body !== undefined && { body }),
    });
    if (asked.ok) return asked.value;
    // It may have been taken back, or forgotten at a start anew.
    this.#token = undefined;
    throw new Error(`${method} ${path} of the VTN: ${said(asked.failure)}`);
  }

  async #tokenNow(): Promise<string> {
    if (this.#token !== undefined && this.#token.untilMs > this.#nowMs()) return this.#token.text;
    const { clientId, clientSecret, timeoutMs } = this.#address;
    const response = await fetch(await this.#tokenUrl(), {
      method: 'POST',
      redirect: 'error',
      body: new URLSearchParams({
        ...{ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`the VTN gives ${clientId} no token: status ${response.status}`);
    const { access_token: text, expires_in: lastsS = USUAL_TOKEN_S } = token.parse(await response.json());
    // Renewed when nine tenths are over.
    this.#token = { text, untilMs: this.#nowMs() + lastsS * 900 };
    return text;
  }

  async #tokenUrl(): Promise<string> {
    const { url, tokenUrl, timeoutMs } = this.#address;
    if (tokenUrl !== undefined) return tokenUrl;
    const asked = await call({ method: 'GET', url: `${url}/auth/server`, answer: authServer, timeoutMs });
    return asked.ok ? asked.value.tokenURL : `${url}/auth/token`;
  }
}
