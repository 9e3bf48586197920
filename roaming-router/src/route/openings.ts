import type { HomeConsent, IssuerEntry } from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { Home, HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { keepToken, noteOpening, type KeptOccurrence } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import { routerError, type RouterCode } from '../problems.ts';
import { FAULT_CODES } from './refusals.ts';

export interface OpeningOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly home: HomeClient;
  /** A driver waits before a closed contactor. */
  readonly budgetMs: number;
  readonly log: Logger;
}

/** What home said of an opening, or that it said nothing. */
export type Said =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'refused'; readonly code: RouterCode; readonly detail: string }
  | { readonly outcome: 'silent'; readonly code: RouterCode; readonly detail: string };

/** What a home's refusal of an opening means to whoever asked us; any other is one that a right home never sends us. */
const HOME_CODES: Readonly<Record<string, RouterCode>> = {
  OPENING_REFUSED: 'OPENING_REFUSED',
  AUTHORISATION_EXPIRED: 'CONSENT_EXPIRED',
  CONSENT_CONFLICT: 'CONSENT_CONFLICT',
  ISSUER_REFUSED: 'ISSUER_EXPIRED',
};

/**
 * Openings on their way home: of sessions that home authorised and of those on a kept profile, before energy flows and,
 * while home is silent, after it.
 */
export const createOpenings = ({ db, registry, home, budgetMs, log }: OpeningOptions) => {
  const send = (to: Home, kept: KeptOccurrence, request: HomeConsent): Promise<unknown> => {
    const signal = AbortSignal.timeout(budgetMs);
    if (kept.grant.authorisedBy === 'cache') return home.open(to, request, signal);
    if (kept.authReqId === null) throw new Error(`${kept.sessionId} was authorised by home without its id`);
    return home.consent(to, kept.authReqId, request, signal);
  };

  const say = async (to: Home, kept: KeptOccurrence, request: HomeConsent): Promise<Said> => {
    try {
      await send(to, kept, request);
      return { outcome: 'taken' };
    } catch (thrown) {
      if (thrown instanceof HomeRefusal) {
        const { error, message: detail, status } = thrown;
        log.warn({ sessionId: kept.sessionId, error, detail }, 'the home utility refuses an opening');
        if (status >= 500 || status === 429) return { outcome: 'silent', code: 'HOME_UNREACHABLE', detail };
        return { outcome: 'refused', code: HOME_CODES[error] ?? 'HOME_PROTOCOL_ERROR', detail };
      }
      if (!(thrown instanceof HomeFailure)) throw thrown;
      return { outcome: 'silent', code: FAULT_CODES[thrown.fault], detail: thrown.message };
    }
  };

  /** The charging token of a session that home authorised; null when home gives it no (more). */
  const fetchToken = async (to: Home, kept: KeptOccurrence, signal: AbortSignal): Promise<string | null> => {
    if (kept.authReqId === null) return null;
    const token = await home.token(to, kept.authReqId, signal);
    if (token !== null) await keepToken(db, kept.sessionId, token);
    return token;
  };

  return {
    fetchToken,

    /** The home's entry in the registry. @throws LEDGER_UNAVAILABLE, ISSUER_EXPIRED */
    async entryOf(hun: string): Promise<IssuerEntry> {
      const found = await registry.issuer(hun).catch(() => undefined);
      if (found === undefined) throw routerError('LEDGER_UNAVAILABLE', 'the registry cannot be read');
      if (!found.ok) throw routerError('ISSUER_EXPIRED', `${hun} is ${found.why} in the registry`);
      return found.entry;
    },

    /** Tells home once, and notes what it said. */
    async tell(to: Home, kept: KeptOccurrence, request: HomeConsent): Promise<Said> {
      const said = await say(to, kept, request);
      if (said.outcome === 'silent') return said;
      await noteOpening(db, kept.sessionId, said.outcome === 'taken' ? 'taken' : said);
      if (said.outcome === 'taken' && kept.grant.authorisedBy === 'home') {
        // The yes is what counts before energy flows: a report fetches the token when it does not come now.
        await fetchToken(to, kept, AbortSignal.timeout(budgetMs)).catch((thrown: unknown) => {
          log.warn({ sessionId: kept.sessionId, err: thrown }, 'the charging token comes later');
        });
      }
      return said;
    },
  };
};

export type Openings = ReturnType<typeof createOpenings>;
