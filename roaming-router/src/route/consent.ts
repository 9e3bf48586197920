import {
  bodyHash,
  canonicalText,
  DOCUMENT_TYPE,
  openDocument,
  quote as quoteSchema,
  type PublicJwk,
  type Quote,
  type RouteConsent,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { findByRequest, keepConsent, type KeptOccurrence } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import type { OwnAaa } from '../own/aaa.ts';
import { routerError, type RouterCode } from '../problems.ts';
import { FAULT_CODES } from './refusals.ts';

export interface ConsentOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly own: OwnAaa;
  readonly home: HomeClient;
  /** Public half of the own utility's signing key: quotes are signed with it. */
  readonly ownKey: PublicJwk;
  readonly homeBudgetMs: number;
  readonly nowMs: () => number;
}

/** A consent that was given in time may be brought so much later; after it home has freed what it put aside. */
const DELIVERY_MS = 600_000;

/** What a home's refusal of a consent means to whoever asked us. */
const HOME_CODES: Readonly<Record<string, RouterCode>> = {
  AUTHORISATION_EXPIRED: 'CONSENT_EXPIRED',
  CONSENT_CONFLICT: 'CONSENT_CONFLICT',
  expired_token: 'CONSENT_EXPIRED',
};

/** What the own AAA node's refusal of a consent means. */
const OWN_CODES: Readonly<Record<string, RouterCode>> = {
  AUTHORISATION_EXPIRED: 'CONSENT_EXPIRED',
  EXPOSURE_UNKNOWN: 'CONSENT_EXPIRED',
  CONSENT_CONFLICT: 'CONSENT_CONFLICT',
  QUOTE_INVALID: 'QUOTE_INVALID',
};

export const createConsent = (options: ConsentOptions) => {
  const { db, registry, own, home, ownKey, homeBudgetMs, nowMs } = options;

  const openQuote = async (request: RouteConsent, requestId: string): Promise<Quote> => {
    const opened = await openDocument(quoteSchema, DOCUMENT_TYPE.quote, request.signedQuote, [ownKey]);
    if (!opened.ok) throw routerError('QUOTE_INVALID', opened.error.message);
    const quote = opened.value;
    const itself = bodyHash(canonicalText(quoteSchema, quote)) === request.quoteHash;
    if (!itself || quote.sessionId !== request.sessionId || quote.requestId !== requestId) {
      throw routerError(
        'QUOTE_INVALID',
        'the quote is of another request or session, or its hash is another’s',
      );
    }
    return quote;
  };

  /** The charging token that the consent releases at home, or null when it was lost on an earlier try. */
  const relayHome = async (
    kept: KeptOccurrence,
    request: RouteConsent,
    log: Logger,
  ): Promise<string | null> => {
    const { requestId, authReqId } = kept;
    if (authReqId === null) throw new Error(`request ${requestId} was authorised by home without its id`);
    const found = await registry.issuer(kept.hun).catch(() => undefined);
    if (found === undefined) throw routerError('LEDGER_UNAVAILABLE', 'the registry cannot be read');
    if (!found.ok) throw routerError('ISSUER_EXPIRED', `${kept.hun} is ${found.why} in the registry`);
    try {
      return await home.consent(found.entry.utility, authReqId, request, AbortSignal.timeout(homeBudgetMs));
    } catch (thrown) {
      if (thrown instanceof HomeRefusal) {
        log.warn({ error: thrown.error, detail: thrown.message }, 'the home utility refused the consent');
        throw routerError(HOME_CODES[thrown.error] ?? 'HOME_PROTOCOL_ERROR', thrown.message, {
          cause: thrown,
        });
      }
      if (thrown instanceof HomeFailure) {
        throw routerError(FAULT_CODES[thrown.fault], thrown.message, { cause: thrown });
      }
      throw thrown;
    }
  };

  const tellOwn = async (requestId: string, quote: Quote): Promise<void> => {
    const told = await own.consent(requestId, { sessionId: quote.sessionId, capMicros: quote.capMicros });
    if (told.ok) return;
    const { failure } = told;
    const code = failure.kind === 'problem' ? OWN_CODES[failure.problem.code] : undefined;
    const detail = failure.kind === 'problem' ? failure.problem.detail : 'the own AAA node does not answer';
    throw routerError(code ?? 'LEDGER_UNAVAILABLE', detail, { cause: failure });
  };

  /** Relays a driver's consent to whoever authorised. The same again changes nothing. */
  return async (requestId: string, request: RouteConsent, log: Logger): Promise<void> => {
    const kept = await findByRequest(db, requestId);
    if (kept === undefined) throw routerError('OCCURRENCE_UNKNOWN', 'no swipe was authorised under this id');
    if (kept.sessionId !== null) {
      if (kept.sessionId === request.sessionId && kept.quoteHash === request.quoteHash) return;
      throw routerError('CONSENT_CONFLICT', `session ${kept.sessionId} was consented to before`);
    }
    const quote = await openQuote(request, requestId);
    if (nowMs() > Math.min(kept.grant.consentUntilMs, quote.validUntilMs) + DELIVERY_MS) {
      throw routerError('CONSENT_EXPIRED', 'the consent was brought too late');
    }
    const { sessionId, quoteHash } = request;
    const consented = { sessionId, quoteHash, capMicros: quote.capMicros };
    if (kept.grant.authorisedBy === 'home') {
      await keepConsent(db, requestId, { ...consented, accessToken: await relayHome(kept, request, log) });
    } else {
      await tellOwn(requestId, quote);
      await keepConsent(db, requestId, { ...consented, accessToken: null });
    }
  };
};
