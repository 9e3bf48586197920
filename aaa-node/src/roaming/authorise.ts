import {
  authorisation,
  canonicalText,
  bodyHash,
  chargeOffer,
  DOCUMENT_TYPE,
  homeDecision,
  signDocument,
  visitorProfile,
  type ChargeOffer,
  type HomeDecision,
  type Signer,
} from '@roamgrid/wire';
import { sql } from 'kysely';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { GridFiguresKeeper } from '../crp/grid-figures.ts';
import { homeRuleInForce } from '../crp/lookup.ts';
import { computeRate } from '../crp/rate.ts';
import { rateRecord } from '../crp/rate-record.ts';
import { lockMeans, placeHold, type AccountMeans } from '../hcp/accounts.ts';
import { findByCin, type SwipedCustomer } from '../hcp/customers.ts';
import type { Db, Trx } from '../store/database.ts';
import { derivedId, newId } from '../store/ids.ts';
import { CONSENT_DELIVERY_MS, decide, type Grant } from './decide.ts';
import type { Refusal } from './refusal.ts';

export interface AuthoriserOptions {
  readonly db: Db;
  readonly registry: IssuerRegistry;
  readonly utilityId: string;
  readonly signer: Signer;
  readonly gridFigures: Pick<GridFiguresKeeper, 'of'>;
  readonly consentMs: number;
  readonly headroomPpm: bigint;
  readonly nowMs: () => number;
}

export interface SwipeRequest {
  readonly authReqId: string;
  readonly vun: string;
  readonly cin: string;
  readonly offer: ChargeOffer;
}

/** A request id was used again for a different offer. */
export class RequestReused extends Error {}

export const offerHashOf = (offer: ChargeOffer): string => bodyHash(canonicalText(chargeOffer, offer));

/** Σ of the exposures that this customer's profiles at other visited utilities allow; one profile counts at each. */
const lentElsewhere = async (trx: Trx, customerId: string, vun: string, nowMs: number): Promise<bigint> => {
  const latest = trx
    .selectFrom('issued_profile')
    .select(['vun', 'cin_ref', sql<bigint>`max(exposure_micros)`.as('exposure')])
    .where('customer_id', '=', customerId)
    .where('vun', '<>', vun)
    .where('revoked_at_ms', 'is', null)
    .where('valid_until_ms', '>', nowMs)
    .groupBy(['vun', 'cin_ref'])
    .as('latest');
  const { lent } = await trx
    .selectFrom(latest)
    .select(sql<bigint>`coalesce(sum(exposure), 0)::bigint`.as('lent'))
    .executeTakeFirstOrThrow();
  return lent;
};

/** What the negotiation made of the proposal. */
const agreedPart = (outcome: Grant | Refusal) =>
  outcome.outcome === 'refused'
    ? {}
    : {
        adjustmentPpm: outcome.adjustmentPpm,
        ...(outcome.movedBy === undefined ? {} : { movedBy: outcome.movedBy }),
      };

/**
 * Decides on swipes and keeps what it decided: asked again with the same request id and offer, it gives the first
 * answer, so that nothing is put aside twice.
 */
export const createAuthoriser = ({
  db,
  registry,
  utilityId,
  signer,
  gridFigures,
  consentMs,
  headroomPpm,
  nowMs,
}: AuthoriserOptions) => {
  const signYes = async (
    grant: Grant,
    request: SwipeRequest,
    customer: SwipedCustomer,
    means: AccountMeans,
  ): Promise<{ readonly decision: HomeDecision; readonly profileId: string | undefined }> => {
    const { offer } = request;
    const common = {
      iss: utilityId,
      aud: offer.vun,
      cinRef: customer.cinRef,
      service: offer.service,
      loyalty: customer.loyalty,
      customerClass: customer.customerClass,
      paymentMethod: means.paymentMethod,
      adjustmentPpm: grant.adjustmentPpm,
      currency: offer.currency,
    } as const;
    const yes = {
      ...common,
      requestId: offer.requestId,
      offerHash: offerHashOf(offer),
      evseId: offer.evseId,
      limitMicros: grant.limitMicros,
      energyLimitWh: offer.requestedEnergyWh,
      validUntilMs: grant.validUntilMs,
    };
    const signedAuthorisation = await signDocument(authorisation, DOCUMENT_TYPE.authorisation, yes, signer);
    if (grant.profile === undefined) {
      return {
        decision: { outcome: 'authorised', signedAuthorisation, authorisation: yes },
        profileId: undefined,
      };
    }
    const profile = {
      ...common,
      profileId: newId('prof'),
      ...grant.profile,
      validFromMs: nowMs(),
    };
    const signedProfile = await signDocument(visitorProfile, DOCUMENT_TYPE.profile, profile, signer);
    return {
      decision: { outcome: 'authorised', signedAuthorisation, authorisation: yes, signedProfile, profile },
      profileId: profile.profileId,
    };
  };

  const keepYes = async (
    trx: Trx,
    grant: Grant,
    request: SwipeRequest,
    customer: SwipedCustomer,
    means: AccountMeans,
  ) => {
    const { decision, profileId } = await signYes(grant, request, customer, means);
    const holdId = derivedId('hold', request.vun, request.offer.requestId);
    await placeHold(trx, {
      holdId,
      accountId: means.accountId,
      micros: grant.limitMicros,
      expiresAtMs: grant.validUntilMs + CONSENT_DELIVERY_MS,
    });
    if (grant.profile !== undefined && profileId !== undefined) {
      await trx
        .insertInto('issued_profile')
        .values({
          profile_id: profileId,
          vun: request.vun,
          customer_id: customer.customerId,
          cin_ref: customer.cinRef,
          currency: request.offer.currency,
          per_session_micros: grant.profile.perSessionMicros,
          exposure_micros: grant.profile.exposureMicros,
          valid_from_ms: nowMs(),
          valid_until_ms: grant.profile.validUntilMs,
          revoked_at_ms: null,
        })
        .execute();
    }
    return { decision, holdId };
  };

  const decideAndKeep = async (trx: Trx, request: SwipeRequest): Promise<void> => {
    const { offer, vun, cin } = request;
    const partner = await registry.issuer(vun);
    if (!partner.ok) throw new Error(`the authenticated client ${vun} is ${partner.why} in the registry`);
    const swiped = await findByCin(trx, cin);
    if (swiped === undefined) throw new Error('the login hint was known a moment ago');
    const means = await lockMeans(trx, swiped.customerId, nowMs());
    if (means === undefined) throw new Error(`customer ${swiped.customerId} has no account`);
    const rateAtMs = nowMs();
    const inForce = await homeRuleInForce(trx, swiped.customerClass, rateAtMs);
    const known = inForce?.grid && gridFigures.of(inForce.grid);
    const { customerClass, loyalty } = swiped;
    const subscriber = { customerClass, loyalty, paymentMethod: means.paymentMethod };
    const rate = inForce && computeRate(inForce, known, subscriber, rateAtMs);
    const outcome = decide({
      utilityId,
      offer,
      customer: swiped,
      means,
      partner: partner.entry,
      rule: rate?.rule,
      keptRule: inForce?.rule,
      keptAsksHome: inForce?.grid?.keptProfiles === 'ask-home',
      lentElsewhereMicros: await lentElsewhere(trx, swiped.customerId, vun, nowMs()),
      nowMs: nowMs(),
      consentMs,
      headroomPpm,
    });
    const kept =
      outcome.outcome === 'refused'
        ? { decision: outcome, holdId: null }
        : await keepYes(trx, outcome, request, swiped, means);
    await trx
      .insertInto('decision')
      .values({
        vun,
        request_id: offer.requestId,
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

  return {
    /** Decides on a swipe. @throws RequestReused when the request id was used for another offer. */
    authorise: (request: SwipeRequest): Promise<void> =>
      db.transaction().execute(async (trx) => {
        const key = `${request.vun} ${request.offer.requestId}`;
        // The same request twice at once: the second waits and finds the first's decision.
        await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx);
        const known = await trx
          .selectFrom('decision')
          .select('offer_hash')
          .where('vun', '=', request.vun)
          .where('request_id', '=', request.offer.requestId)
          .executeTakeFirst();
        if (known === undefined) await decideAndKeep(trx, request);
        else if (known.offer_hash !== offerHashOf(request.offer)) throw new RequestReused();
        await trx
          .insertInto('swipe')
          .values({ auth_req_id: request.authReqId, vun: request.vun, request_id: request.offer.requestId })
          .execute();
      }),
  };
};

export type Authoriser = ReturnType<typeof createAuthoriser>;
