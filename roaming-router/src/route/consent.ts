import {
  bodyHash,
  canonicalText,
  DOCUMENT_TYPE,
  openDocument,
  quote as quoteSchema,
  type PublicJwk,
  type Quote,
  type RouteConsent,
  type RouteRefusal,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { findByRequest, keepConsent, type KeptOccurrence } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import type { OwnAaa } from '../own/aaa.ts';
import { routerError } from '../problems.ts';
import { refuse, refuseFailure, refuseHome } from './refusals.ts';

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

/** What the consent gave: the charging token, or nothing where no home was asked. */
type Relayed = { readonly accessToken: string | null } | RouteRefusal;

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

  const relayHome = async (kept: KeptOccurrence, request: RouteConsent, log: Logger): Promise<Relayed> => {
    const { requestId, authReqId } = kept;
    if (authReqId === null) throw new Error(`request ${requestId} was authorised by home without its id`);
    const found = await registry.issuer(kept.hun).catch(() => undefined);
    if (found === undefined) return refuse(requestId, 'LEDGER_UNAVAILABLE');
    if (!found.ok) return refuse(requestId, 'ISSUER_EXPIRED');
    try {
      const signal = AbortSignal.timeout(homeBudgetMs);
      return { accessToken: await home.consent(found.entry.utility, authReqId, request, signal) };
    } catch (thrown) {
      if (thrown instanceof HomeRefusal) {
        log.warn({ error: thrown.error, detail: thrown.message }, 'the home utility refused the consent');
        return refuseHome(requestId, thrown);
      }
      if (thrown instanceof HomeFailure) {
        log.warn({ fault: thrown.fault, err: thrown }, 'no usable answer of the home utility to a consent');
        return refuseFailure(requestId, thrown);
      }
      throw thrown;
    }
  };

  const tellOwn = async (kept: KeptOccurrence, quote: Quote): Promise<Relayed> => {
    const { requestId } = kept;
    const told = await own.consent(requestId, { sessionId: quote.sessionId, capMicros: quote.capMicros });
    if (told.ok) return { accessToken: null };
    const code = told.failure.kind === 'problem' ? told.failure.problem.code : undefined;
    if (code === 'AUTHORISATION_EXPIRED' || code === 'EXPOSURE_UNKNOWN')
      return refuse(requestId, 'CONSENT_EXPIRED');
    if (code === 'CONSENT_CONFLICT')
      throw routerError('CONSENT_CONFLICT', 'the reservation was consented to before');
    if (code === 'QUOTE_INVALID')
      throw routerError('QUOTE_INVALID', 'the cap is above what the profile allows');
    return refuse(requestId, 'LEDGER_UNAVAILABLE', 'This utility’s own accounting does not answer.');
  };

  /** Relays a driver's consent to whoever authorised. Undefined when it stands; the same again changes nothing. */
  return async (requestId: string, request: RouteConsent, log: Logger): Promise<RouteRefusal | undefined> => {
    const kept = await findByRequest(db, requestId);
    if (kept === undefined) throw routerError('OCCURRENCE_UNKNOWN', 'no swipe was authorised under this id');
    if (kept.sessionId !== null) {
      if (kept.sessionId === request.sessionId && kept.quoteHash === request.quoteHash) return undefined;
      throw routerError('CONSENT_CONFLICT', `session ${kept.sessionId} was consented to before`);
    }
    const quote = await openQuote(request, requestId);
    if (nowMs() > Math.min(kept.grant.consentUntilMs, quote.validUntilMs))
      return refuse(requestId, 'CONSENT_EXPIRED');
    const relayed =
      kept.grant.authorisedBy === 'home' ? await relayHome(kept, request, log) : await tellOwn(kept, quote);
    if ('outcome' in relayed) return relayed;
    const { sessionId, quoteHash } = request;
    await keepConsent(db, requestId, { sessionId, quoteHash, capMicros: quote.capMicros, ...relayed });
    return undefined;
  };
};
