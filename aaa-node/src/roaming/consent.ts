import {
  canonicalText,
  bodyHash,
  chargeOffer,
  consent as consentSchema,
  DOCUMENT_TYPE,
  grantedChargingDetail,
  homeDecision,
  openDocument,
  quote as quoteSchema,
  type Authorisation,
  type ChargeOffer,
  type homeConsent,
  type Quote,
} from '@roamgrid/wire';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { Provider } from 'oidc-provider';
import type { z } from 'zod';
import { keepHold } from '../hcp/accounts.ts';
import { CHARGING_SCOPE } from '../oidc/resources.ts';
import { aaaError } from '../problems.ts';
import { CONSENT_DELIVERY_MS } from './decide.ts';
import type { Db, Trx } from '../store/database.ts';

export interface ConsentOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly provider: () => Provider;
  readonly roamingResource: () => string;
  readonly nowMs: () => number;
}

type HomeConsent = z.output<typeof homeConsent>;

/** How long after its session a charge record may still come, beyond what the agreement grants; days to sort things out. */
const CDR_GRACE_MS = 3 * 86_400_000;
/** A session ends at the latest so long after its consent. */
const LONGEST_SESSION_MS = 48 * 3_600_000;

/** The first way in which a quote is not what was authorised. */
const findMismatch = (
  quote: Quote,
  yes: Authorisation,
  offer: ChargeOffer,
  request: HomeConsent,
): string | undefined => {
  const same: readonly (readonly [string, unknown, unknown])[] = [
    ['sessionId', quote.sessionId, request.sessionId],
    ['requestId', quote.requestId, yes.requestId],
    ['vun', quote.vun, yes.aud],
    ['hun', quote.hun, yes.iss],
    ['agreementId', quote.agreementId, offer.agreementId],
    ['stationId', quote.stationId, offer.stationId],
    ['evseId', quote.evseId, yes.evseId],
    ['tariffId', quote.tariffId, offer.tariffId],
    ['tariffVersion', quote.tariffVersion, offer.tariffVersion],
    ['adjustmentPpm', quote.adjustmentPpm, yes.adjustmentPpm],
    ['currency', quote.currency, yes.currency],
  ];
  const different = same.find(([, given, expected]) => given !== expected);
  if (different !== undefined) return `${different[0]} is not the authorised one`;
  if (quote.capMicros > yes.limitMicros) return 'the cap is above the authorised limit';
  if (quote.estimateMicros > quote.capMicros) return 'the estimate is above the cap';
  if (quote.requestedEnergyWh > yes.energyLimitWh) return 'more energy is quoted than was authorised';
  return undefined;
};

/**
 * The driver consented at the station: checks the signed quote and the station's word for it, narrows the hold to the
 * cap, and releases the swipe, so that the token endpoint gives the charging token. Without consent there is none.
 */
export const createConsents = ({ db, registry, provider, roamingResource, nowMs }: ConsentOptions) => {
  const loadDecision = async (vun: string, authReqId: string) => {
    const row = await db
      .selectFrom('swipe')
      .innerJoin('decision', (join) =>
        join.onRef('decision.vun', '=', 'swipe.vun').onRef('decision.request_id', '=', 'swipe.request_id'),
      )
      .innerJoin('customer', 'customer.customer_id', 'decision.customer_id')
      .innerJoin('account', 'account.customer_id', 'decision.customer_id')
      .selectAll('decision')
      .select(['customer.sub', 'account.account_id'])
      .where('swipe.auth_req_id', '=', authReqId)
      .where('swipe.vun', '=', vun)
      .executeTakeFirst();
    if (row === undefined) throw aaaError('AUTHORISATION_UNKNOWN', 'no swipe of this utility has this id');
    const parsed = homeDecision.decode(row.decision as z.input<typeof homeDecision>);
    return { ...row, parsed, chargeOffer: chargeOffer.decode(row.offer as z.input<typeof chargeOffer>) };
  };

  const openQuote = async (vun: string, request: HomeConsent): Promise<Quote> => {
    const issuer = await registry.issuer(vun);
    if (!issuer.ok) throw aaaError('ISSUER_REFUSED', `${vun} is ${issuer.why} in the registry`);
    const keys = issuer.entry.utility.signingKeys;
    const opened = await openDocument(quoteSchema, DOCUMENT_TYPE.quote, request.signedQuote, keys);
    if (!opened.ok) throw aaaError('QUOTE_INVALID', opened.error.message);
    const quote = opened.value;
    if (bodyHash(canonicalText(quoteSchema, quote)) !== request.quoteHash) {
      throw aaaError('QUOTE_INVALID', 'quoteHash is not the hash of the signed quote');
    }
    return quote;
  };

  const checkConsent = async (
    vun: string,
    quote: Quote,
    request: HomeConsent,
    validUntilMs: number,
  ): Promise<void> => {
    const station = await registry.station(vun, quote.stationId);
    if (station?.status !== 'active' || !station.evses.some(({ evseId }) => evseId === quote.evseId)) {
      throw aaaError('CONSENT_INVALID', 'the registry has no active station with this outlet');
    }
    const keys = [station.signingKey];
    const opened = await openDocument(consentSchema, DOCUMENT_TYPE.consent, request.consent, keys);
    if (!opened.ok) throw aaaError('CONSENT_INVALID', opened.error.message);
    const { iss, sessionId, quoteHash, consentedAtMs } = opened.value;
    if (iss !== station.stationId || sessionId !== request.sessionId || quoteHash !== request.quoteHash) {
      throw aaaError('CONSENT_INVALID', 'the consent is of another station, session or quote');
    }
    if (consentedAtMs > Math.min(validUntilMs, quote.validUntilMs)) {
      throw aaaError('AUTHORISATION_EXPIRED', 'the quote or the authorisation ran out before the consent');
    }
    if (consentedAtMs < quote.issuedAtMs)
      throw aaaError('CONSENT_INVALID', 'the consent is older than the quote');
  };

  /** Makes the token endpoint give the token; harmless when it was done before. */
  const release = async (authReqId: string, vun: string, sub: string, detail: Record<string, unknown>) => {
    const { BackchannelAuthenticationRequest, Grant } = provider();
    const pending = await BackchannelAuthenticationRequest.find(authReqId);
    if (pending === undefined)
      throw aaaError('AUTHORISATION_EXPIRED', 'the swipe was not consented to in time');
    // The provider's types promise a grant id that a pending request does not have.
    if ((pending.grantId as string | undefined) !== undefined) return;
    const grant = new Grant({ clientId: vun, accountId: sub });
    grant.addOIDCScope('openid');
    grant.addResourceScope(roamingResource(), CHARGING_SCOPE);
    const rar = [detail as { type: string }];
    await provider().backchannelResult(authReqId, await grant.save(), { rar, amr: ['swk'] });
  };

  const keep = async (
    trx: Trx,
    decision: Awaited<ReturnType<typeof loadDecision>>,
    quote: Quote,
    request: HomeConsent,
    cdrBoundMs: number,
  ): Promise<void> => {
    if (decision.hold_id === null) throw new Error(`decision ${decision.request_id} says yes without a hold`);
    const bound = nowMs() + LONGEST_SESSION_MS + cdrBoundMs + CDR_GRACE_MS;
    await keepHold(trx, decision.hold_id, quote.capMicros, bound);
    await trx
      .insertInto('home_session')
      .values({
        vun: decision.vun,
        session_id: request.sessionId,
        request_id: decision.request_id,
        customer_id: decision.customer_id,
        account_id: decision.account_id,
        cin_ref: decision.cin_ref,
        hold_id: decision.hold_id,
        currency: quote.currency,
        cap_micros: quote.capMicros,
        quote_hash: request.quoteHash,
        consent: request.consent,
        consented_at_ms: nowMs(),
        state: 'consented',
        final: null,
      })
      .execute();
  };

  return {
    /** The decision on a swipe, as it was kept. */
    decision: async (vun: string, authReqId: string) => (await loadDecision(vun, authReqId)).parsed,

    async give(vun: string, authReqId: string, request: HomeConsent): Promise<void> {
      const decision = await loadDecision(vun, authReqId);
      if (decision.parsed.outcome !== 'authorised') {
        throw aaaError('AUTHORISATION_REFUSED', `it was refused with ${decision.parsed.code}`);
      }
      const { authorisation } = decision.parsed;
      const quote = await openQuote(vun, request);
      const mismatch = findMismatch(quote, authorisation, decision.chargeOffer, request);
      if (mismatch !== undefined) throw aaaError('QUOTE_INVALID', mismatch);
      await checkConsent(vun, quote, request, authorisation.validUntilMs);
      const partner = await registry.issuer(vun);
      const cdrBoundMs = partner.ok ? (partner.entry.terms?.cdrBoundMs ?? 0) : 0;
      await db.transaction().execute(async (trx) => {
        // Two consents at once: the second waits for the first and then compares itself with it.
        await trx
          .selectFrom('decision')
          .select('request_id')
          .where('vun', '=', vun)
          .where('request_id', '=', decision.request_id)
          .forUpdate()
          .executeTakeFirstOrThrow();
        const before = await trx
          .selectFrom('home_session')
          .select(['session_id', 'quote_hash'])
          .where('vun', '=', vun)
          .where((where) =>
            where.or([
              where('request_id', '=', decision.request_id),
              where('session_id', '=', request.sessionId),
            ]),
          )
          .executeTakeFirst();
        if (before !== undefined) {
          if (before.session_id === request.sessionId && before.quote_hash === request.quoteHash) return;
          throw aaaError('CONSENT_CONFLICT', `session ${before.session_id} was consented to before`);
        }
        if (nowMs() > authorisation.validUntilMs + CONSENT_DELIVERY_MS) {
          throw aaaError('AUTHORISATION_EXPIRED', 'the consent was brought too late');
        }
        await keep(trx, decision, quote, request, cdrBoundMs);
      });
      const detail = grantedChargingDetail.encode({
        type: 'ev_charging',
        actions: ['charge'],
        offer: decision.chargeOffer,
        sessionId: request.sessionId,
        quoteHash: request.quoteHash,
        capMicros: quote.capMicros,
      });
      await release(authReqId, vun, decision.sub, detail);
    },
  };
};
