import {
  bodyHash,
  canonicalText,
  DOCUMENT_TYPE,
  keysAbout,
  openDatedDocument,
  quote as quoteSchema,
  sessionOpenBody,
  type HomeConsent,
  type IssuerEntry,
  type Quote,
  type SessionOpenBody,
} from '@roamgrid/wire';
import { kitError } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { z } from 'zod';
import type { GatewayClient } from '../gateway/client.ts';
import { aaaError } from '../problems.ts';

/** Openings that visited utilities tell before energy flows, of sessions that home authorised and on kept profiles. */

/** How long after its session a charge record may still come, beyond what the agreement grants; days to sort things out. */
const CDR_GRACE_MS = 3 * 86_400_000;
/** A session ends at the latest so long after its consent. */
const LONGEST_SESSION_MS = 48 * 3_600_000;

/** What was told, with everything in it that names the session found to name the same one. */
export interface ToldOpening {
  readonly open: SessionOpenBody;
  readonly openText: string;
  readonly quote: Quote;
  readonly signedQuote: string;
  /** What is put aside for the session waits so long for its record. */
  readonly countsUntilMs: number;
}

export interface OpeningOptions {
  readonly registry: IssuerRegistry;
  readonly gateway: Pick<GatewayClient, 'judgeOpening'>;
  readonly nowMs: () => number;
}

const parseBody = (text: string): SessionOpenBody | undefined => {
  try {
    const parsed = sessionOpenBody.safeDecode(JSON.parse(text) as z.input<typeof sessionOpenBody>);
    // Its hash is what the ledger will see: another text of the same content would be another opening.
    return parsed.success && canonicalText(sessionOpenBody, parsed.data) === text ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

const quoteHashOf = (quote: Quote): string => bodyHash(canonicalText(quoteSchema, quote));

/** A no that the visited utility must take: in the ledger's words, as both endorsers would say it at the end. */
export const refuseOpening = (code: string, message: string) =>
  aaaError('OPENING_REFUSED', `${code}: ${message}`, {
    remedy: 'Do not charge: swipe again for a new session.',
  });

export const createOpenings = ({ registry, gateway, nowMs }: OpeningOptions) => {
  const openQuote = async (entry: IssuerEntry, request: HomeConsent): Promise<Quote> => {
    const opened = await openDatedDocument(
      quoteSchema,
      DOCUMENT_TYPE.quote,
      request.signedQuote,
      entry.utility.signingKeys,
      ({ issuedAtMs }) => issuedAtMs,
      keysAbout,
    );
    if (!opened.ok) throw aaaError('QUOTE_INVALID', opened.error.message);
    if (quoteHashOf(opened.value) !== request.quoteHash)
      throw aaaError('QUOTE_INVALID', 'quoteHash is not the hash of the signed quote');
    return opened.value;
  };

  return {
    /** Reads what a visited utility tells of a consent, and that its parts are of one session and quote. */
    async read(
      vun: string,
      request: HomeConsent,
      authorisedBy: SessionOpenBody['authorisedBy'],
    ): Promise<ToldOpening> {
      const issuer = await registry.issuer(vun);
      if (!issuer.ok) throw aaaError('ISSUER_REFUSED', `${vun} is ${issuer.why} in the registry`);
      const quote = await openQuote(issuer.entry, request);
      const open = parseBody(request.openBody);
      if (open === undefined)
        throw aaaError('OPENING_INVALID', 'openBody is no canonical text of an open body');
      if (open.authorisedBy !== authorisedBy)
        throw aaaError('OPENING_INVALID', `the opening is of a session that ${open.authorisedBy} authorised`);
      if (open.sessionId !== request.sessionId || quoteHashOf(open.quote) !== request.quoteHash)
        throw aaaError('OPENING_INVALID', 'the opening is of another session or quote');
      const boundMs = issuer.entry.terms?.cdrBoundMs ?? 0;
      const countsUntilMs = nowMs() + LONGEST_SESSION_MS + boundMs + CDR_GRACE_MS;
      return { open, openText: request.openBody, quote, signedQuote: request.signedQuote, countsUntilMs };
    },

    /**
     * Asks the own gateway whether the opening is good.
     * @throws ServiceError OPENING_REFUSED with what is wrong; UNAVAILABLE when the gateway is silent, which is no answer.
     */
    async judge(openText: string): Promise<void> {
      const judged = await gateway.judgeOpening(openText);
      if (!judged.ok) {
        throw kitError('UNAVAILABLE', 'the own gateway does not judge the opening', {
          cause: judged.failure,
        });
      }
      if (judged.value.outcome === 'refused') throw refuseOpening(judged.value.code, judged.value.message);
    },
  };
};

export type Openings = ReturnType<typeof createOpenings>;
