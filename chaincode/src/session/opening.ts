import type { AgreementTerms, SessionOpenBody } from '@roamgrid/wire';
import { requireInForce, type Dealing } from '../consortium/agreement.ts';
import { ensure, type Opened, type Transaction } from '../context/index.ts';
import { requireConsent } from './consent.ts';
import { openEvidence, type Leave } from './evidence.ts';
import type { Sites } from './sites.ts';

/** Bounds `expiresAtMs`: no session is open for ever. */
const MAX_PLANNED_MS = 31 * 86_400_000;

/** Facts that the sessions of one batch share. */
export interface OpeningContext {
  readonly tx: Transaction;
  readonly dealing: Dealing;
  readonly terms: AgreementTerms;
  readonly sites: Sites;
}

const requireTimes = (
  { tx, dealing, terms }: OpeningContext,
  { openedAtMs, quote }: SessionOpenBody,
): void => {
  tx.notInFuture(openedAtMs, 'openedAtMs');
  ensure(
    openedAtMs >= tx.nowMs - terms.cdrBoundMs,
    'EXPIRED',
    'the session opened longer ago than a CDR may come late',
  );
  requireInForce(dealing.agreement, openedAtMs);
  ensure(quote.issuedAtMs <= quote.validUntilMs, 'INVALID_ARGUMENT', 'the quote ends before it begins');
  ensure(quote.plannedMs <= MAX_PLANNED_MS, 'INVALID_ARGUMENT', 'a session is planned for 31 days at most');
};

const requireSite = async ({ sites }: OpeningContext, body: SessionOpenBody) => {
  const { quote } = body;
  const { station } = await sites.siteOf(quote);
  ensure(station.status === 'active', 'WRONG_STATE', `station ${station.stationId} is ${station.status}`);
  await sites.requireBound(quote);
  const tariff = await sites.tariffOf(quote);
  ensure(
    tariff.validFromMs <= body.openedAtMs && body.openedAtMs < tariff.validUntilMs,
    'EXPIRED',
    `version ${quote.tariffVersion} of ${quote.tariffId} was not valid when the session opened`,
  );
  return station;
};

const requireInsideAgreement = (terms: AgreementTerms, { quote }: SessionOpenBody, leave: Leave): void => {
  const { minPpm, maxPpm } = terms.adjustment[leave.loyalty];
  ensure(
    quote.adjustmentPpm === leave.adjustmentPpm,
    'OUTSIDE_AGREEMENT',
    `the quote adjusts by ${quote.adjustmentPpm} ppm, the home utility signed ${leave.adjustmentPpm}`,
  );
  ensure(
    minPpm <= quote.adjustmentPpm && quote.adjustmentPpm <= maxPpm,
    'OUTSIDE_AGREEMENT',
    `an adjustment of ${quote.adjustmentPpm} ppm is outside the agreed range of level ${leave.loyalty}`,
  );
  ensure(
    quote.currency === terms.currency && leave.currency === terms.currency,
    'OUTSIDE_AGREEMENT',
    `the agreement is in ${terms.currency}`,
  );
  ensure(quote.estimateMicros <= quote.capMicros, 'INVALID_ARGUMENT', 'the estimate is above the cap');
  ensure(
    quote.capMicros <= terms.maxSessionMicros,
    'OUTSIDE_AGREEMENT',
    'the cap is above the agreed largest session',
  );
  ensure(
    quote.capMicros <= leave.limitMicros,
    'OUTSIDE_AGREEMENT',
    'the cap is above what the home utility signed',
  );
};

/** Checks everything about one session that is to open. */
export const checkOpening = async (
  context: OpeningContext,
  item: { readonly sessionId: string; readonly openHash: string },
  opened: Opened<SessionOpenBody>,
): Promise<void> => {
  const body = opened.value;
  const { quote } = body;
  const { dealing, terms } = context;
  ensure(
    opened.hash === item.openHash,
    'HASH_MISMATCH',
    `the body of ${item.sessionId} does not hash to openHash`,
  );
  ensure(
    body.sessionId === item.sessionId &&
      quote.sessionId === item.sessionId &&
      quote.vun === dealing.vun.utilityId &&
      quote.hun === dealing.hun.utilityId &&
      quote.agreementId === dealing.agreement.agreementId,
    'INVALID_ARGUMENT',
    `the body of ${item.sessionId} names another session, pair or agreement`,
  );
  requireTimes(context, body);
  const station = await requireSite(context, body);
  const leave = await openEvidence(body, dealing.hun, terms);
  requireInsideAgreement(terms, body, leave);
  await requireConsent(opened, station);
};
