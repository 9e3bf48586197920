import { randomUUID } from 'node:crypto';
import { exactJsonText, isExactNumber, parseJsonKeepingNumbers } from '@roamgrid/wire';
import { checkDepth, ServiceError } from '@roamgrid/service-kit';
import { AddressRefused, type Outside } from '@roamgrid/service-kit/outside';
import { isTree } from '../objects/read.ts';
import { authorizationOf } from './authorization.ts';

/** A party as the routing headers name it. */
export interface Party {
  readonly country: string;
  readonly party: string;
}

export interface OcpiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly token: string;
  readonly tokenEncoding: 'base64' | 'plain';
  /** A tree, or text that is JSON already. */
  readonly body?: unknown;
  readonly text?: string;
  readonly from?: Party;
  readonly to?: Party;
  readonly correlationId?: string;
  readonly timeoutMs: number;
}

/** What came of a request: each failure has its own remedy. */
export type OcpiOutcome =
  | {
      readonly kind: 'ok';
      readonly data: unknown;
      readonly headers: Headers;
      readonly httpStatus: number;
      readonly statusCode: number;
    }
  /** It said no, and will say so again. */
  | {
      readonly kind: 'refused';
      readonly httpStatus: number;
      readonly statusCode?: number;
      readonly detail: string;
    }
  /** It is away, failed, or asks for patience. */
  | { readonly kind: 'away'; readonly detail: string; readonly retryAfterMs?: number };

export interface Asker {
  ask(request: OcpiRequest): Promise<OcpiOutcome>;
  /** Whether an address may be a partner's. */
  judge(url: string): string | undefined;
}

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_DETAIL = 300;

const readBounded = async (response: Response): Promise<string | undefined> => {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** What nests without end would be written and walked through to the end of the stack. */
const isTooDeep = (text: string): boolean => {
  try {
    checkDepth(Buffer.from(text));
    return false;
  } catch (thrown) {
    if (thrown instanceof ServiceError) return true;
    throw thrown;
  }
};

const short = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_DETAIL);

const retryAfterMs = (headers: Headers): number | undefined => {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) * 1_000 : undefined;
};

/** Spec: OCPI 2.2.1 status_codes: 1xxx success, 2xxx the client's error, 3xxx the server's, 4xxx a hub's. */
const outcomeOf = (response: Response, text: string): OcpiOutcome => {
  const { status, headers } = response;
  const patience = retryAfterMs(headers);
  const away = (detail: string): OcpiOutcome => ({
    kind: 'away',
    detail,
    ...(patience !== undefined && { retryAfterMs: patience }),
  });
  if (status === 204) return { kind: 'ok', data: undefined, headers, httpStatus: status, statusCode: 1000 };
  const parsed = parseJsonKeepingNumbers(text);
  const envelope = parsed.ok && isTree(parsed.value) ? parsed.value : undefined;
  const code = envelope?.['status_code'];
  const statusCode = isExactNumber(code) ? Number(code.value) : undefined;
  const message = envelope?.['status_message'];
  const detail = `HTTP ${status}, status ${statusCode ?? 'none'}${typeof message === 'string' ? `: ${short(message)}` : ''}`;
  if (status === 429 || status >= 500) return away(detail);
  if (status >= 300)
    return { kind: 'refused', httpStatus: status, detail, ...(statusCode !== undefined && { statusCode }) };
  if (envelope === undefined || statusCode === undefined) return away(`${detail}: no answer in OCPI's form`);
  if (statusCode >= 1000 && statusCode < 2000)
    return { kind: 'ok', data: envelope['data'], headers, httpStatus: status, statusCode };
  return statusCode >= 2000 && statusCode < 3000
    ? { kind: 'refused', httpStatus: status, statusCode, detail }
    : away(detail);
};

/** Asks partners' platforms, at addresses that they gave: by TLS, and never inside our own networks. */
export const createAsker = (outside: Outside, plainTransport: boolean): Asker => {
  const judge = (address: string): string | undefined => {
    let url: URL;
    try {
      url = new URL(address);
    } catch {
      return 'it is no address';
    }
    if (url.username !== '' || url.password !== '') return 'it has a password in it';
    if (url.protocol === 'https:') return undefined;
    if (url.protocol !== 'http:') return 'it is no https address';
    return plainTransport
      ? undefined
      : 'it is not https: only with "plainTransport" are partners asked in plain';
  };
  return {
    judge,
    async ask({ method, url, token, tokenEncoding, body, text, from, to, correlationId, timeoutMs }) {
      const fault = judge(url);
      if (fault !== undefined) return { kind: 'refused', httpStatus: 0, detail: `ADDRESS_REFUSED: ${fault}` };
      const payload = text ?? (body === undefined ? undefined : exactJsonText(body));
      try {
        const response = await outside.fetch(url, {
          method,
          headers: {
            accept: 'application/json',
            authorization: authorizationOf(token, tokenEncoding),
            'x-request-id': randomUUID(),
            'x-correlation-id': correlationId ?? randomUUID(),
            ...(payload !== undefined && { 'content-type': 'application/json' }),
            ...(from && { 'ocpi-from-country-code': from.country, 'ocpi-from-party-id': from.party }),
            ...(to && { 'ocpi-to-country-code': to.country, 'ocpi-to-party-id': to.party }),
          },
          ...(payload !== undefined && { body: payload }),
          signal: AbortSignal.timeout(timeoutMs),
        });
        const answer = await readBounded(response);
        if (answer === undefined) return { kind: 'away', detail: 'the answer is larger than 8 MiB' };
        return isTooDeep(answer)
          ? { kind: 'away', detail: 'the answer nests deeper than 64 levels' }
          : outcomeOf(response, answer);
      } catch (thrown) {
        if (thrown instanceof AddressRefused)
          return { kind: 'refused', httpStatus: 0, detail: thrown.message };
        const isLate = thrown instanceof Error && thrown.name === 'TimeoutError';
        return { kind: 'away', detail: isLate ? `no answer within ${timeoutMs} ms` : 'not reached' };
      }
    },
  };
};
