import {
  chargeOffer,
  grantedChargingDetail,
  homeDecision,
  putAside,
  type Authorisation,
  type ChargeOffer,
  type HomeConsent,
  type HomeDecision,
  type Quote,
} from '@roamgrid/wire';
import type { Provider } from 'oidc-provider';
import type { z } from 'zod';
import { keepHold } from '../hcp/accounts.ts';
import { CHARGING_SCOPE, CHARGING_TOKEN_TTL_S } from '../oidc/resources.ts';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { CONSENT_DELIVERY_MS } from './decide.ts';
import { differing } from './differing.ts';
import { refuseOpening, type Openings, type ToldOpening } from './opening.ts';

export interface ConsentOptions {
  readonly db: Db;
  readonly openings: Openings;
  readonly provider: () => Provider;
  readonly roamingResource: () => string;
  readonly nowMs: () => number;
}

/** What a cap takes of the account, in its own currency. */
const heldFor = (decision: HomeDecision, capMicros: bigint): bigint => {
  const exchange = decision.outcome === 'authorised' ? decision.authorisation.exchange : undefined;
  return exchange === undefined ? capMicros : putAside(capMicros, exchange);
};

/** The first way in which a quote is not what was authorised. */
const findMismatch = (quote: Quote, yes: Authorisation, offer: ChargeOffer): string | undefined => {
  const different = differing([
    ['channel', quote.channel, yes.channel],
    ['sessionId', quote.sessionId, yes.sessionId],
    ['vun', quote.vun, yes.aud],
    ['hun', quote.hun, yes.iss],
    ['agreementId', quote.agreementId, offer.agreementId],
    ['stationId', quote.stationId, offer.stationId],
    ['evseId', quote.evseId, yes.evseId],
    ['tariffId', quote.tariffId, offer.tariffId],
    ['tariffVersion', quote.tariffVersion, offer.tariffVersion],
    ['adjustmentPpm', quote.adjustmentPpm, yes.adjustmentPpm],
    ['currency', quote.currency, yes.currency],
  ]);
  if (different !== undefined) return `${different} is not the authorised one`;
  if (quote.capMicros > yes.limitMicros) return 'the cap is above the authorised limit';
  if (quote.estimateMicros > quote.capMicros) return 'the estimate is above the cap';
  if (quote.requestedEnergyWh > yes.energyLimitWh) return 'more energy is quoted than was authorised';
  return undefined;
};

/**
 * The driver consented at the station: checks the quote against what was authorised, has the own gateway judge the
 * opening, narrows the hold to the cap, and releases the swipe, so that the token endpoint gives the charging token.
 * Without consent there is none.
 */
export const createConsents = ({ db, openings, provider, roamingResource, nowMs }: ConsentOptions) => {
  const loadDecision = async (vun: string, authReqId: string) => {
    const row = await db
      .selectFrom('swipe')
      .innerJoin('decision', (join) =>
        join.onRef('decision.vun', '=', 'swipe.vun').onRef('decision.session_id', '=', 'swipe.session_id'),
      )
      .innerJoin('customer', 'customer.customer_id', 'decision.customer_id')
      .innerJoin('account', 'account.customer_id', 'decision.customer_id')
      .leftJoin('person', 'person.customer_id', 'decision.customer_id')
      .selectAll('decision')
      .select(['customer.sub', 'account.account_id', 'person.language'])
      .where('swipe.auth_req_id', '=', authReqId)
      .where('swipe.vun', '=', vun)
      .executeTakeFirst();
    if (row === undefined) throw aaaError('AUTHORISATION_UNKNOWN', 'no swipe of this utility has this id');
    const parsed = homeDecision.decode(row.decision as z.input<typeof homeDecision>);
    return { ...row, parsed, chargeOffer: chargeOffer.decode(row.offer as z.input<typeof chargeOffer>) };
  };

  /**
   * Makes the token endpoint give the token, as often as it is polled while a session may last; harmless when done before.
   * @returns false when the swipe is forgotten
   */
  const release = async (authReqId: string, vun: string, sub: string, detail: Record<string, unknown>) => {
    const { BackchannelAuthenticationRequest, Grant } = provider();
    const pending = await BackchannelAuthenticationRequest.find(authReqId);
    if (pending === undefined) return false;
    // The provider's types promise a grant id that a pending request does not have.
    if ((pending.grantId as string | undefined) !== undefined) return true;
    const grant = new Grant({ clientId: vun, accountId: sub });
    grant.addOIDCScope('openid');
    grant.addResourceScope(roamingResource(), CHARGING_SCOPE);
    const rar = [detail as { type: string }];
    pending.exp = Math.floor(Date.now() / 1_000) + CHARGING_TOKEN_TTL_S;
    await provider().backchannelResult(pending, await grant.save(), { rar, amr: ['swk'] });
    return true;
  };

  const findSession = (of: Db | Trx, sessionId: string) =>
    of
      .selectFrom('home_session')
      .select(['open_body', 'state'])
      .where('session_id', '=', sessionId)
      .executeTakeFirst();

  /** How the session stands when this very opening was taken before. @throws CONSENT_CONFLICT for another. */
  const findTaken = async (of: Db | Trx, { open, openText }: ToldOpening) => {
    const before = await findSession(of, open.sessionId);
    if (before === undefined || before.open_body === openText) return before?.state;
    throw aaaError('CONSENT_CONFLICT', `another opening of ${open.sessionId} was taken before`);
  };

  const keep = async (
    trx: Trx,
    decision: Awaited<ReturnType<typeof loadDecision>>,
    { quote, openText, signedQuote, countsUntilMs }: ToldOpening,
  ): Promise<void> => {
    if (decision.hold_id === null) throw new Error(`decision ${decision.session_id} says yes without a hold`);
    const hold = {
      holdId: decision.hold_id,
      micros: heldFor(decision.parsed, quote.capMicros),
      expiresAtMs: countsUntilMs,
    };
    if (!(await keepHold(trx, hold, nowMs()))) {
      throw aaaError('AUTHORISATION_EXPIRED', 'newer swipes of this card took what was put aside for it');
    }
    await trx
      .insertInto('home_session')
      .values({
        vun: decision.vun,
        session_id: decision.session_id,
        customer_id: decision.customer_id,
        account_id: decision.account_id,
        cin_ref: decision.cin_ref,
        hold_id: decision.hold_id,
        currency: quote.currency,
        cap_micros: quote.capMicros,
        signed_quote: signedQuote,
        open_body: openText,
        consented_at_ms: nowMs(),
        state: 'consented',
        final: null,
      })
      .execute();
  };

  /** Takes an opening that is judged good: the first one of its session, in time. */
  const take = (
    decision: Awaited<ReturnType<typeof loadDecision>>,
    told: ToldOpening,
    validUntilMs: number,
  ): Promise<void> =>
    db.transaction().execute(async (trx) => {
      // Two consents at once: the second waits for the first and then compares itself with it.
      await trx
        .selectFrom('decision')
        .select('session_id')
        .where('vun', '=', decision.vun)
        .where('session_id', '=', decision.session_id)
        .forUpdate()
        .executeTakeFirstOrThrow();
      if ((await findTaken(trx, told)) !== undefined) return;
      if (nowMs() > validUntilMs + CONSENT_DELIVERY_MS) {
        throw aaaError('AUTHORISATION_EXPIRED', 'the consent was brought too late');
      }
      await keep(trx, decision, told);
    });

  return {
    /** The decision on a swipe, as it was kept, and in which language the driver likes to read the offer. */
    decision: async (vun: string, authReqId: string): Promise<HomeDecision> => {
      const { parsed, language } = await loadDecision(vun, authReqId);
      return parsed.outcome === 'authorised' && language !== null ? { ...parsed, language } : parsed;
    },

    async give(vun: string, authReqId: string, request: HomeConsent): Promise<void> {
      const decision = await loadDecision(vun, authReqId);
      if (decision.parsed.outcome !== 'authorised') {
        throw aaaError('AUTHORISATION_REFUSED', `it was refused with ${decision.parsed.code}`);
      }
      const { authorisation, signedAuthorisation } = decision.parsed;
      const told = await openings.read(vun, request, 'home');
      const { quote, open } = told;
      const mismatch = findMismatch(quote, authorisation, decision.chargeOffer);
      if (mismatch !== undefined) throw aaaError('QUOTE_INVALID', mismatch);
      if (open.evidence !== signedAuthorisation)
        throw refuseOpening('BAD_SIGNATURE', 'the evidence is not what this swipe was authorised with');
      const before = await findTaken(db, told);
      if (before === undefined) {
        await openings.judge(told.openText);
        await take(decision, told, authorisation.validUntilMs);
      }
      const detail = grantedChargingDetail.encode({
        type: 'ev_charging',
        actions: ['charge'],
        offer: decision.chargeOffer,
        sessionId: request.sessionId,
        quoteHash: request.quoteHash,
        capMicros: quote.capMicros,
      });
      const isReleased = await release(authReqId, vun, decision.sub, detail);
      // Where the ledger was faster the session is over and counts without: what was reported meanwhile may still come.
      if (!isReleased && before !== 'billed')
        throw aaaError('AUTHORISATION_EXPIRED', 'the swipe was not consented to in time');
    },
  };
};
