import {
  authorisation,
  canonicalText,
  bodyHash,
  chargeOffer,
  DOCUMENT_TYPE,
  homeDecision,
  putAside,
  laneOf,
  signDocument,
  visitorProfile,
  type ChargeOffer,
  type HomeDecision,
  type Signer,
  type VisitorProfile,
} from '@roamgrid/wire';
import { sql } from 'kysely';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { GridFiguresKeeper } from '../crp/grid-figures.ts';
import { homeRuleInForce } from '../crp/lookup.ts';
import { computeRate } from '../crp/rate.ts';
import { rateRecord } from '../crp/rate-record.ts';
import { lockMeans, placeHold, type AccountMeans } from '../hcp/accounts.ts';
import { lockByCin, type SwipedCustomer } from '../hcp/customers.ts';
import { findStanding, keepIssued, lentElsewhere, stillServes } from '../hcp/issued-profiles.ts';
import type { Db, Trx } from '../store/database.ts';
import { derivedId, newId } from '../store/ids.ts';
import type { AskPartner, PartnersCard } from '../driver-token/partners-word.ts';
import { decide, exchangedCustomer, type Grant } from './decide.ts';
import { rateOf } from '../crp/exchange-rates.ts';
import type { Refusal } from './refusal.ts';

export interface AuthoriserOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly utilityId: string;
  /** The ledger's channel: what is signed for it is good in no other. */
  readonly channel: string;
  readonly signer: Signer;
  /** Page on which drivers' devices consent, where the utility has one. */
  readonly driverAppUrl: string | undefined;
  readonly gridFigures: Pick<GridFiguresKeeper, 'of'>;
  readonly consentMs: number;
  readonly headroomPpm: bigint;
  /** Most sessions under one profile. */
  readonly profileSessions: number;
  /** Most offers to one card that wait for an answer. */
  readonly offersPerCard: number;
  /** Asks the partner outside whose customer's card it is. */
  readonly askPartner: AskPartner;
  readonly nowMs: () => number;
}

export interface SwipeRequest {
  readonly authReqId: string;
  readonly vun: string;
  readonly cin: string;
  readonly offer: ChargeOffer;
}

/** A session's id was used again for a different offer. */
export class RequestReused extends Error {}

export const offerHashOf = (offer: ChargeOffer): string => bodyHash(canonicalText(chargeOffer, offer));

/** What the negotiation made of the proposal. */
const agreedPart = (outcome: Grant | Refusal) =>
  outcome.outcome === 'refused'
    ? {}
    : {
        adjustmentPpm: outcome.adjustmentPpm,
        ...(outcome.movedBy === undefined ? {} : { movedBy: outcome.movedBy }),
      };

/** The driver's own device, the page that it consents on, and when it must. */
const driverDevice = (
  { deviceKey, driverConsentAboveMicros }: SwipedCustomer,
  driverAppUrl: string | undefined,
) => ({
  ...(deviceKey === null
    ? {}
    : { driverKey: deviceKey, ...(driverAppUrl !== undefined && { driverAppUrl }) }),
  ...(driverConsentAboveMicros === null ? {} : { driverConsentAboveMicros }),
});

/**
 * Decides on swipes and keeps what it decided: asked again with the same session id and offer, it gives the first
 * answer, so that nothing is put aside twice.
 */
export const createAuthoriser = ({
  db,
  registry,
  utilityId,
  channel,
  signer,
  driverAppUrl,
  gridFigures,
  consentMs,
  headroomPpm,
  profileSessions,
  offersPerCard,
  askPartner,
  nowMs,
}: AuthoriserOptions) => {
  /** What the authorisation and the profile say alike. */
  const commonOf = ({ offer }: SwipeRequest, customer: SwipedCustomer, means: AccountMeans) =>
    ({
      iss: utilityId,
      aud: offer.vun,
      channel,
      cinRef: customer.cinRef,
      service: offer.service,
      loyalty: customer.loyalty,
      customerClass: customer.customerClass,
      paymentMethod: means.paymentMethod,
      currency: offer.currency,
      ...driverDevice(customer, driverAppUrl),
    }) as const;

  /** The profile that stands when it serves as well; else a new one in its place. */
  const leaveProfile = async (
    trx: Trx,
    customer: SwipedCustomer,
    fresh: VisitorProfile,
    revocationGraceMs: number,
  ): Promise<{ readonly signedProfile: string; readonly profile: VisitorProfile }> => {
    const standing = await findStanding(trx, fresh.laneId, fresh.cinRef, nowMs());
    if (standing !== undefined && stillServes(standing, fresh, signer.kid)) {
      return { signedProfile: standing.signedProfile, profile: standing.profile };
    }
    const signedProfile = await signDocument(visitorProfile, DOCUMENT_TYPE.profile, fresh, signer);
    await keepIssued(trx, customer.customerId, fresh, signedProfile, revocationGraceMs, nowMs());
    return { signedProfile, profile: fresh };
  };

  const keepYes = async (
    trx: Trx,
    grant: Grant,
    request: SwipeRequest,
    customer: SwipedCustomer,
    means: AccountMeans,
  ): Promise<{ readonly decision: HomeDecision; readonly holdId: string }> => {
    const { offer, vun } = request;
    const { exchange } = grant;
    const common = commonOf(request, exchangedCustomer(customer, exchange), means);
    const yes = {
      ...common,
      sessionId: offer.sessionId,
      offerHash: offerHashOf(offer),
      evseId: offer.evseId,
      adjustmentPpm: grant.adjustmentPpm,
      limitMicros: grant.limitMicros,
      energyLimitWh: offer.requestedEnergyWh,
      ...(exchange && { exchange }),
      issuedAtMs: nowMs(),
      validUntilMs: grant.validUntilMs,
    };
    const signedAuthorisation = await signDocument(authorisation, DOCUMENT_TYPE.authorisation, yes, signer);
    const holdId = derivedId('hold', vun, offer.sessionId);
    const hold = {
      holdId,
      accountId: means.accountId,
      micros: exchange === undefined ? grant.limitMicros : putAside(grant.limitMicros, exchange),
      expiresAtMs: grant.validUntilMs,
      offerOf: customer.cinRef,
    };
    await placeHold(trx, hold, nowMs());
    const decided = { outcome: 'authorised', signedAuthorisation, authorisation: yes } as const;
    if (grant.profile === undefined) return { decision: decided, holdId };
    const fresh = {
      ...common,
      profileId: newId('prof'),
      laneId: laneOf(offer.sessionId),
      ...grant.profile,
      validFromMs: nowMs(),
    };
    const left = await leaveProfile(trx, customer, fresh, grant.terms.revocationGraceMs);
    return { decision: { ...decided, ...left }, holdId };
  };

  const decideAndKeep = async (
    trx: Trx,
    request: SwipeRequest,
    partners: PartnersCard | undefined,
  ): Promise<void> => {
    const { offer, vun, cin } = request;
    const partner = await registry.issuer(vun);
    if (!partner.ok) throw new Error(`the authenticated client ${vun} is ${partner.why} in the registry`);
    const swiped = await lockByCin(trx, cin);
    if (swiped === undefined) throw new Error('the login hint was known a moment ago');
    const means = await lockMeans(trx, swiped.customerId, { cinRef: swiped.cinRef, offersPerCard }, nowMs());
    if (means === undefined) throw new Error(`customer ${swiped.customerId} has no account`);
    const rateAtMs = nowMs();
    const inForce = await homeRuleInForce(trx, swiped.customerClass, rateAtMs);
    const known = inForce?.grid && gridFigures.of(inForce.grid);
    const { customerClass, loyalty } = swiped;
    const subscriber = { customerClass, loyalty, paymentMethod: means.paymentMethod };
    const rate = inForce && computeRate(inForce, known, subscriber, rateAtMs);
    const decided = decide({
      utilityId,
      offer,
      // Who has a card of a partner's is asked for at home each time.
      customer: partners === undefined ? swiped : { ...swiped, whitelist: 'NEVER' },
      means,
      partner: partner.entry,
      rule: rate?.rule,
      keptRule: inForce?.rule,
      keptAsksHome: inForce?.grid?.keptProfiles === 'ask-home',
      exchange: await rateOf(trx, { from: offer.currency, to: means.currency }, nowMs()),
      lentElsewhereMicros: await lentElsewhere(
        trx,
        swiped.customerId,
        { laneId: laneOf(offer.sessionId), cinRef: swiped.cinRef },
        nowMs(),
      ),
      nowMs: nowMs(),
      consentMs,
      headroomPpm,
      profileSessions,
    });
    const outcome = (decided.outcome === 'authorised' ? partners?.no : undefined) ?? decided;
    const kept =
      outcome.outcome === 'refused'
        ? { decision: outcome, holdId: null }
        : await keepYes(trx, outcome, request, swiped, means);
    await trx
      .insertInto('decision')
      .values({
        vun,
        session_id: offer.sessionId,
        offer_hash: offerHashOf(offer),
        customer_id: swiped.customerId,
        cin_ref: swiped.cinRef,
        decision: JSON.stringify(homeDecision.encode(kept.decision)),
        offer: JSON.stringify(chargeOffer.encode(offer)),
        refused_code: outcome.outcome === 'refused' ? outcome.code : null,
        hold_id: kept.holdId,
        decided_at_ms: nowMs(),
        rate:
          rate === undefined
            ? null
            : JSON.stringify(rateRecord.encode({ ...rate.record, ...agreedPart(outcome) })),
      })
      .execute();
  };

  const findDecision = (of: Db | Trx, { vun, offer }: SwipeRequest) =>
    of
      .selectFrom('decision')
      .select('offer_hash')
      .where('vun', '=', vun)
      .where('session_id', '=', offer.sessionId)
      .executeTakeFirst();

  return {
    /** Decides on a swipe. @throws RequestReused when the session's id was used for another offer. */
    async authorise(request: SwipeRequest): Promise<void> {
      // Before anything is held: no other swipe waits for a partner's answer.
      const partners = await askPartner(request.cin, request.offer, () => findDecision(db, request));
      await db.transaction().execute(async (trx) => {
        const key = `${request.vun} ${request.offer.sessionId}`;
        // The same request twice at once: the second waits and finds the first's decision.
        await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx);
        const known = await findDecision(trx, request);
        if (known === undefined) await decideAndKeep(trx, request, partners);
        else if (known.offer_hash !== offerHashOf(request.offer)) throw new RequestReused();
        await trx
          .insertInto('swipe')
          .values({ auth_req_id: request.authReqId, vun: request.vun, session_id: request.offer.sessionId })
          .execute();
      });
    },
  };
};

export type Authoriser = ReturnType<typeof createAuthoriser>;
