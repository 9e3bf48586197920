import { cinParts, parseCinEntry, type Cin } from '@roamgrid/domain';
import {
  inForceAt,
  parseSessionId,
  presentKeys,
  type ChargeOffer,
  type IssuerEntry,
  type RouteAnswer,
  type RouteGrant,
  type RouteRequest,
  type VisitorAnswer,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { findOccurrence, keepGrant } from '../occurrence/store.ts';
import type { Db } from '../occurrence/schema.ts';
import type { OwnAaa } from '../own/aaa.ts';
import { routerError } from '../problems.ts';
import { FAULT_CODES, refuse, refuseHome } from './refusals.ts';
import { verifyAuthorisation, verifyProfile, type Expected } from './verify.ts';

export interface RouteOptions {
  readonly db: Db;
  readonly utilityId: string;
  readonly registry: IssuerRegistry;
  readonly own: OwnAaa;
  readonly home: HomeClient;
  readonly homeBudgetMs: number;
  readonly nowMs: () => number;
}

/** Everything that is fixed about one swipe once its home is found. */
interface Swipe {
  readonly cin: Cin;
  readonly offer: ChargeOffer;
  readonly entry: IssuerEntry;
  readonly log: Logger;
}

/** The session's number is one that the own gateway gives in its lanes with this home, and the offer is its own. */
const requirePair = (offer: RouteRequest['offer'], own: string, hun: string): void => {
  const name = parseSessionId(offer.sessionId);
  if (offer.vun !== own || !name.ok || name.value.vun !== own || name.value.hun !== hun)
    throw routerError('OFFER_INVALID', `${offer.sessionId} is no number between ${own} and ${hun}`);
};

/** Answers of the store of visitors that change when the home is known to be silent. */
const USABLE_WHEN_DOWN: ReadonlySet<string> = new Set(['offline-only', 'stale']);

export const createAuthorise = (options: RouteOptions) => {
  const { db, utilityId, registry, own, home, homeBudgetMs, nowMs } = options;

  const expect = ({ entry, offer }: Swipe): Expected => ({
    hun: entry.utility.utilityId,
    own: utilityId,
    keys: presentKeys(entry.utility.signingKeys),
    offer,
    nowMs: nowMs(),
  });

  const grantOf = (
    { entry, offer }: Swipe,
    by: Pick<RouteGrant, 'authorisedBy' | 'evidence' | 'grant' | 'language'>,
  ): RouteGrant => ({
    outcome: 'authorised',
    sessionId: offer.sessionId,
    hun: entry.utility.utilityId,
    homeUtilityName: entry.utility.name,
    agreementId: offer.agreementId,
    ...by,
    consentUntilMs: Math.min(offer.validUntilMs, by.grant.validUntilMs),
  });

  /** Asks the own AAA node for a kept profile. Its silence is no reason not to ask the home. */
  const askCache = async (
    swipe: Swipe,
    homeDown: boolean,
  ): Promise<RouteGrant | Extract<VisitorAnswer, { outcome: 'ask-home' }>['why']> => {
    const { cin, offer, log } = swipe;
    const answer = await own.authorise({ cin, offer, ...(homeDown ? { homeDown } : {}) });
    if (!answer.ok) {
      log.warn({ failure: answer.failure.kind }, 'the own AAA node gave no answer about a visitor');
      return 'unknown';
    }
    if (answer.value.outcome === 'ask-home') return answer.value.why;
    const { evidence, language } = answer.value;
    const profile = await verifyProfile(evidence, expect(swipe));
    if (!profile.ok) {
      log.warn({ why: profile.error.message }, 'a kept profile does not hold any more');
      return 'unknown';
    }
    return grantOf(swipe, {
      authorisedBy: 'cache',
      evidence,
      grant: profile.value,
      ...(language !== undefined && { language }),
    });
  };

  const askHome = async (
    swipe: Swipe,
  ): Promise<{ readonly answer: RouteAnswer; readonly authReqId: string | null }> => {
    const { cin, offer, entry, log } = swipe;
    const { decision, authReqId } = await home.decide(
      entry.utility,
      cin,
      offer,
      AbortSignal.timeout(homeBudgetMs),
    );
    if (decision.outcome === 'refused') {
      const { code, message, remedy } = decision;
      return {
        answer: { outcome: 'refused', sessionId: offer.sessionId, code, message, remedy },
        authReqId: null,
      };
    }
    const evidence = decision.signedAuthorisation;
    const spoken = decision.language === undefined ? {} : { language: decision.language };
    const yes = await verifyAuthorisation(evidence, expect(swipe));
    if (!yes.ok) throw new HomeFailure('protocol', yes.error.message);
    if (decision.signedProfile !== undefined) {
      const kept = await own.keep({ cin, signedProfile: decision.signedProfile, ...spoken });
      // The driver charges all the same; only the next swipe will ask home again.
      if (!kept.ok) log.warn({ failure: kept.failure }, 'the home’s profile was not kept');
    }
    return {
      answer: grantOf(swipe, { authorisedBy: 'home', evidence, grant: yes.value, ...spoken }),
      authReqId,
    };
  };

  /** Home's answer; when home is silent, a profile that may serve then; else what the silence means. */
  const askHomeOrCache = async (swipe: Swipe, why: string) => {
    const { sessionId } = swipe.offer;
    try {
      return await askHome(swipe);
    } catch (thrown) {
      if (thrown instanceof HomeRefusal) {
        swipe.log.info({ error: thrown.error }, 'refused by the home utility');
        return { answer: refuseHome(sessionId, thrown), authReqId: null };
      }
      if (!(thrown instanceof HomeFailure)) throw thrown;
      swipe.log.warn({ fault: thrown.fault, err: thrown }, 'no usable answer of the home utility');
      if (thrown.fault !== 'protocol' && USABLE_WHEN_DOWN.has(why)) {
        const offline = await askCache(swipe, true);
        if (typeof offline !== 'string') return { answer: offline, authReqId: null };
      }
      return { answer: refuse(sessionId, FAULT_CODES[thrown.fault]), authReqId: null };
    }
  };

  const findHome = async (cin: Cin, sessionId: string): Promise<IssuerEntry | RouteAnswer> => {
    const found = await registry.issuer(cinParts(cin).utility).catch(() => undefined);
    if (found === undefined) return refuse(sessionId, 'LEDGER_UNAVAILABLE');
    if (!found.ok) return refuse(sessionId, found.why === 'unknown' ? 'ISSUER_UNKNOWN' : 'ISSUER_EXPIRED');
    return found.entry;
  };

  return async ({ cin: text, offer: given }: RouteRequest, log: Logger): Promise<RouteAnswer> => {
    const { sessionId } = given;
    const cin = parseCinEntry(text);
    if (!cin.ok)
      return refuse(sessionId, 'CIN_INVALID', `The customer number is not right: ${cin.error.message}.`);
    requirePair(given, utilityId, cinParts(cin.value).utility);
    const before = await findOccurrence(db, sessionId);
    if (before !== undefined && before.grant.consentUntilMs > nowMs()) return before.grant;
    const entry = await findHome(cin.value, sessionId);
    if ('outcome' in entry) return entry;
    const { agreement } = entry;
    if (agreement === undefined || !inForceAt(agreement, nowMs())) return refuse(sessionId, 'NO_AGREEMENT');
    // The gateway has put in what its own charging rules accept; the home signs the hash of exactly this offer.
    const offer: ChargeOffer = { ...given, agreementId: agreement.agreementId };
    const swipe: Swipe = { cin: cin.value, offer, entry, log };
    const cached = await askCache(swipe, false);
    const { answer, authReqId } =
      typeof cached === 'string' ? await askHomeOrCache(swipe, cached) : { answer: cached, authReqId: null };
    if (answer.outcome === 'authorised') {
      await keepGrant(db, answer, offer, authReqId, nowMs());
    }
    return answer;
  };
};
