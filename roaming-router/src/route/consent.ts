import {
  bodyHash,
  canonicalText,
  DOCUMENT_TYPE,
  openDocument,
  quote as quoteSchema,
  routeConsent,
  sessionOpenBody,
  type PublicJwk,
  type Quote,
  type RouteConsent,
  type SessionOpenBody,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { writeDown, type Message } from '../occurrence/outbox.ts';
import { findOccurrence, forgetConsent, keepConsent, type KeptOccurrence } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import type { OwnAaa } from '../own/aaa.ts';
import { routerError, type RouterCode } from '../problems.ts';
import type { Openings, Said } from './openings.ts';

export interface ConsentOptions {
  readonly db: Db;
  readonly own: OwnAaa;
  readonly openings: Openings;
  /** Public half of the own utility's signing key: quotes are signed with it. */
  readonly ownKey: PublicJwk;
  readonly nowMs: () => number;
}

/** A consent that was given in time may be brought so much later; after it home takes it no more. */
const DELIVERY_MS = 600_000;

/** What the own AAA node's refusal of a consent means. */
const OWN_CODES: Readonly<Record<string, RouterCode>> = {
  AUTHORISATION_EXPIRED: 'CONSENT_EXPIRED',
  EXPOSURE_UNKNOWN: 'CONSENT_EXPIRED',
  CONSENT_CONFLICT: 'CONSENT_CONFLICT',
  QUOTE_INVALID: 'QUOTE_INVALID',
};

const quoteHashOf = (quote: Quote): string => bodyHash(canonicalText(quoteSchema, quote));

const parseBody = (text: string): SessionOpenBody | undefined => {
  try {
    const parsed = sessionOpenBody.safeDecode(JSON.parse(text) as z.input<typeof sessionOpenBody>);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

/** The opening is of the session and quote that it is brought with, on the word that the router gave. */
const requireOpening = ({ openBody, quoteHash }: RouteConsent, kept: KeptOccurrence): void => {
  const open = parseBody(openBody);
  if (
    open?.sessionId !== kept.sessionId ||
    quoteHashOf(open.quote) !== quoteHash ||
    open.authorisedBy !== kept.grant.authorisedBy ||
    open.evidence !== kept.grant.evidence
  ) {
    throw routerError('OPENING_INVALID', 'the opening is of another session, quote or evidence');
  }
};

const openingOf = (request: RouteConsent): Message => ({
  sessionId: request.sessionId,
  kind: 'opening',
  sequence: 0,
  body: routeConsent.encode(request),
});

/**
 * A driver's consent on its way home. What home says stands, and the same consent again gets the same answer. While home
 * is silent it is kept and told on, unless the agreement lets nothing charge on home's silence: then nothing is kept, so
 * that no home puts money aside for a session that never was.
 */
export const createConsent = ({ db, own, openings, ownKey, nowMs }: ConsentOptions) => {
  const openQuote = async ({ signedQuote, quoteHash, sessionId }: RouteConsent): Promise<Quote> => {
    const opened = await openDocument(quoteSchema, DOCUMENT_TYPE.quote, signedQuote, [ownKey]);
    if (!opened.ok) throw routerError('QUOTE_INVALID', opened.error.message);
    if (quoteHashOf(opened.value) !== quoteHash || opened.value.sessionId !== sessionId)
      throw routerError('QUOTE_INVALID', 'the quote is of another session, or its hash is another’s');
    return opened.value;
  };

  const tellOwn = async (sessionId: string, capMicros: bigint): Promise<void> => {
    const told = await own.consent(sessionId, { capMicros });
    if (told.ok) return;
    const { failure } = told;
    const code = failure.kind === 'problem' ? OWN_CODES[failure.problem.code] : undefined;
    const detail = failure.kind === 'problem' ? failure.problem.detail : 'the own AAA node does not answer';
    throw routerError(code ?? 'LEDGER_UNAVAILABLE', detail, { cause: failure });
  };

  /** The first consent of a session: checked, and written down. */
  const accept = async (kept: KeptOccurrence, request: RouteConsent, openHash: string): Promise<void> => {
    const quote = await openQuote(request);
    requireOpening(request, kept);
    if (nowMs() > Math.min(kept.grant.consentUntilMs, quote.validUntilMs) + DELIVERY_MS) {
      throw routerError('CONSENT_EXPIRED', 'the consent was brought too late');
    }
    if (kept.grant.authorisedBy === 'cache') await tellOwn(kept.sessionId, quote.capMicros);
    await keepConsent(db, kept.sessionId, { openHash, capMicros: quote.capMicros });
  };

  const answer = (said: Said): void => {
    if (said.outcome !== 'taken') throw routerError(said.code, said.detail);
  };

  return async (sessionId: string, request: RouteConsent): Promise<void> => {
    const kept = await findOccurrence(db, sessionId);
    if (kept === undefined) throw routerError('OCCURRENCE_UNKNOWN', 'no swipe was authorised under this id');
    if (request.sessionId !== sessionId)
      throw routerError('OPENING_INVALID', `the consent is to ${request.sessionId}`);
    const openHash = bodyHash(request.openBody);
    if (kept.openHash !== null && kept.openHash !== openHash)
      throw routerError('CONSENT_CONFLICT', `another opening of ${sessionId} was consented to before`);
    if (kept.opening === 'taken') return;
    if (kept.refusal !== undefined) throw routerError(kept.refusal.code, kept.refusal.detail);
    const { utility, terms } = await openings.entryOf(kept.hun);
    if (kept.openHash === null) await accept(kept, request, openHash);
    const said = await openings.tell(utility, kept, request);
    if (said.outcome === 'silent') {
      if (terms?.homeSilent === 'refuse') await forgetConsent(db, sessionId);
      else await writeDown(db, openingOf(request), nowMs());
    }
    answer(said);
  };
};
