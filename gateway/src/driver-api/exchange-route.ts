import { call, publicAuth, reply, route, type Route } from '@roamgrid/service-kit';
import {
  compactJws,
  DOCUMENT_TYPE,
  exchangedPrice,
  fixedRate,
  keysAbout,
  openDatedDocument,
  quote as quoteSchema,
  quotedExchange,
  type Quote,
} from '@roamgrid/wire';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';

export interface ExchangeContext {
  readonly registry: Registry;
  readonly utilityId: string;
  readonly channel: string;
  readonly aaaUrl: string;
  readonly sign: (audience: string) => Promise<string>;
}

const TIMEOUT_MS = 5_000;

/** Who signed it, as it says itself. */
const signerOf = (jws: string): unknown => {
  try {
    return decodeJwt(jws)['vun'];
  } catch {
    return undefined;
  }
};

/** Only who holds a quote that a member signed for this utility's customer learns by which rate it will be billed. */
const quoteOf = async ({ registry, utilityId, channel }: ExchangeContext, jws: string): Promise<Quote> => {
  const signer = signerOf(jws);
  const keys = (typeof signer === 'string' ? registry.utility(signer) : undefined)?.signingKeys ?? [];
  const opened = await openDatedDocument(
    quoteSchema,
    DOCUMENT_TYPE.quote,
    jws,
    keys,
    ({ issuedAtMs }) => issuedAtMs,
    keysAbout,
  );
  if (!opened.ok) throw gatewayError('CONSENT_INVALID', 'no member of the network signed this quote');
  if (opened.value.hun !== utilityId || opened.value.channel !== channel)
    throw gatewayError('CONSENT_INVALID', 'the quote is for a customer of another utility');
  return opened.value;
};

/**
 * The price of a quote in the currency of the customer's account, for the driver's own device: by the rate that home fixed
 * in its yes, asked of home and not of the station that shows it.
 */
export const exchangeRoute = (context: ExchangeContext): Route =>
  route({
    method: 'get',
    path: '/driver/v1/exchange',
    summary: 'A quote’s price in the currency of the customer’s account, where that is another one',
    auth: publicAuth,
    query: z.strictObject({ quote: compactJws }),
    answers: { 200: quotedExchange },
    problems: ['CONSENT_INVALID', 'HOME_SERVICE_DOWN'],
    handler: async ({ query }) => {
      const quote = await quoteOf(context, query.quote);
      const origin = new URL(context.aaaUrl).origin;
      const path = `/internal/v1/decisions/${quote.vun}/${quote.sessionId}/exchange`;
      const fixed = await call({
        method: 'GET',
        url: `${origin}${path}`,
        headers: { authorization: `Bearer ${await context.sign(origin)}` },
        answer: fixedRate,
        timeoutMs: TIMEOUT_MS,
      });
      if (!fixed.ok)
        throw gatewayError('HOME_SERVICE_DOWN', 'the rate cannot be read now', { cause: fixed.failure.kind });
      const { exchange } = fixed.value;
      return reply(200, exchange === undefined ? {} : { exchanged: exchangedPrice(quote, exchange) });
    },
  });
