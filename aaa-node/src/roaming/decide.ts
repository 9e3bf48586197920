import { divide, negotiate, parseCin, PPM, serviceOf, type HomeRule } from '@roamgrid/domain';
import {
  coveredBy,
  inForceAt,
  overAtMs,
  type AgreementTerms,
  type ChargeOffer,
  type Exchange,
  type IssuerEntry,
} from '@roamgrid/wire';
import type { AccountMeans } from '../hcp/accounts.ts';
import type { SwipedCustomer } from '../hcp/customers.ts';
import { refuse, type Refusal } from './refusal.ts';

/** A consent that was given in time may arrive so much later. */
export const CONSENT_DELIVERY_MS = 600_000;

/** Everything that a decision depends on; nothing else does. */
export interface DecisionFacts {
  readonly utilityId: string;
  readonly offer: ChargeOffer;
  readonly customer: SwipedCustomer;
  readonly means: AccountMeans;
  /** The visited utility's entry in the registry, with the agreement when there is one. */
  readonly partner: Pick<IssuerEntry, 'agreement' | 'terms'>;
  /** What the home utility proposes now, with what its grid adds. */
  readonly rule: HomeRule | undefined;
  /** What it proposes when nobody knows the grid's state: a kept profile is used then. */
  readonly keptRule: HomeRule | undefined;
  /** Whether another utility that keeps the profile shall ask home each time all the same. */
  readonly keptAsksHome: boolean;
  /** The rate that the utility goes by now, where the account is in another currency than the offer. */
  readonly exchange: Exchange | undefined;
  /** What profiles at other visited utilities let the customer owe already. */
  readonly lentElsewhereMicros: bigint;
  readonly nowMs: number;
  readonly consentMs: number;
  readonly headroomPpm: bigint;
  /** Most sessions under one profile. */
  readonly profileSessions: number;
}

/** A yes: what is put aside, for how long, and what the visited utility may do alone from now on. */
export interface Grant {
  readonly outcome: 'authorised';
  readonly adjustmentPpm: bigint;
  /** Whose limit moved the proposal of the rule, when one did. */
  readonly movedBy: string | undefined;
  readonly limitMicros: bigint;
  readonly exchange: Exchange | undefined;
  readonly validUntilMs: number;
  readonly terms: AgreementTerms;
  readonly profile:
    | {
        readonly adjustmentPpm: bigint;
        readonly whitelist: SwipedCustomer['whitelist'];
        readonly perSessionMicros: bigint;
        readonly exposureMicros: bigint;
        readonly maxSessions: number;
        readonly validUntilMs: number;
      }
    | undefined;
}

const least = (first: bigint, ...others: readonly bigint[]): bigint =>
  others.reduce((a, b) => (b < a ? b : a), first);

/**
 * Largest cap that the driver can consent to at all: where home asks for the driver's own device above an amount and
 * knows none, nothing above it could open.
 */
const consentableMicros = ({ deviceKey, driverConsentAboveMicros }: SwipedCustomer): bigint | undefined =>
  deviceKey === null ? (driverConsentAboveMicros ?? undefined) : undefined;

type Agreed = { readonly terms: AgreementTerms; readonly untilMs: number };

const findAgreement = ({ partner, offer, utilityId, nowMs }: DecisionFacts): Agreed | Refusal => {
  const { agreement, terms } = partner;
  if (agreement === undefined || terms === undefined) {
    return refuse('NO_AGREEMENT', 'Your utility has no roaming agreement with this one.');
  }
  const between = agreement.parties.includes(utilityId) && agreement.parties.includes(offer.vun);
  if (
    !inForceAt(agreement, nowMs) ||
    !between ||
    agreement.agreementId !== offer.agreementId ||
    terms.currency !== offer.currency
  ) {
    return refuse(
      'NO_AGREEMENT',
      'The roaming agreement that was named is not in force between the utilities.',
    );
  }
  return { terms, untilMs: overAtMs(agreement) };
};

/** Why a card is not served at a utility, when it is not. */
export const checkCustomer = ({
  customer,
  offer,
  nowMs,
}: Pick<DecisionFacts, 'nowMs'> & {
  readonly customer: Omit<SwipedCustomer, 'whitelist'>;
  readonly offer: Pick<ChargeOffer, 'vun' | 'service'>;
}): Refusal | undefined => {
  if (customer.customerState !== 'active') return refuse('CUSTOMER_BLOCKED', 'The account is closed.');
  if (customer.cinState !== 'active') return refuse('CUSTOMER_BLOCKED', `The card is ${customer.cinState}.`);
  const inTime =
    customer.validFromMs <= nowMs && (customer.validUntilMs === null || nowMs < customer.validUntilMs);
  const here = customer.partners === null || customer.partners.includes(offer.vun);
  if (!inTime || !here || !customer.services.includes(offer.service)) {
    return refuse('SERVICE_NOT_IN_PORTFOLIO', 'The contract does not include charging at this utility.');
  }
  const cin = parseCin(customer.cin);
  if (!cin.ok || serviceOf(cin.value) !== offer.service)
    return refuse('SERVICE_NOT_IN_PORTFOLIO', `This card is not for ${offer.service}.`);
  return undefined;
};

const negotiated = ({ offer, customer, means }: DecisionFacts, rule: HomeRule, terms: AgreementTerms) =>
  negotiate(
    {
      minEnergyMicrosPerKWh: offer.minMicrosPerKWh,
      maxEnergyMicrosPerKWh: offer.maxMicrosPerKWh,
      adjustment: { minPpm: offer.minAdjustmentPpm, maxPpm: offer.maxAdjustmentPpm },
    },
    rule,
    terms,
    { customerClass: customer.customerClass, loyalty: customer.loyalty, paymentMethod: means.paymentMethod },
  );

/**
 * What the visited utility may authorise alone. A prepaid balance and money in escrow are decided on at home each time. All profiles and the
 * hold together stay within the customer's means, so the exposure is covered before it exists.
 */
const leaveAlone = (
  facts: DecisionFacts,
  { terms, untilMs }: Agreed,
  limitMicros: bigint,
): Grant['profile'] => {
  const { customer, means, nowMs } = facts;
  if (customer.whitelist === 'NEVER' || means.paymentMethod !== 'postpaid' || terms.profileLifetimeMs === 0) {
    return undefined;
  }
  const rest = means.availableMicros - limitMicros - facts.lentElsewhereMicros;
  const exposureMicros = least(terms.exposureLimitMicros, rest);
  if (exposureMicros <= 0n) return undefined;
  // A moment's surcharge or discount must not stay with the customer for the profile's whole life.
  const charge = facts.keptRule && negotiated(facts, facts.keptRule, terms);
  if (charge?.ok !== true) return undefined;
  const mayServeAlone = customer.whitelist === 'ALWAYS' || customer.whitelist === 'ALLOWED';
  const largestMicros = least(terms.maxSessionMicros, consentableMicros(customer) ?? exposureMicros);
  const ends = [nowMs + terms.profileLifetimeMs, untilMs, customer.validUntilMs ?? Number.POSITIVE_INFINITY];
  return {
    adjustmentPpm: charge.value.adjustmentPpm,
    whitelist: facts.keptAsksHome && mayServeAlone ? 'ALLOWED_OFFLINE' : customer.whitelist,
    perSessionMicros: least(largestMicros, exposureMicros),
    exposureMicros,
    maxSessions: facts.profileSessions,
    validUntilMs: Math.min(...ends),
  };
};

/**
 * The customer's means and bounds in the offer's currency. A rate is fixed for one session, so no profile is left behind:
 * home is asked each time.
 */
const inOfferCurrency = (facts: DecisionFacts): DecisionFacts | Refusal => {
  const { means, offer, customer, exchange } = facts;
  if (means.currency === offer.currency) return { ...facts, exchange: undefined };
  if (exchange === undefined) {
    return refuse(
      'NEGOTIATION_FAILED',
      `The account is in ${means.currency}, the station's price in ${offer.currency}, and your utility has no rate of exchange for today.`,
    );
  }
  return {
    ...facts,
    means: {
      ...means,
      currency: offer.currency,
      availableMicros: coveredBy(means.availableMicros, exchange),
    },
    customer: { ...exchangedCustomer(customer, exchange), whitelist: 'NEVER' },
  };
};

/** A customer whose bound for consents without the own device is in another currency than the session. */
export const exchangedCustomer = (
  customer: SwipedCustomer,
  exchange: Exchange | undefined,
): SwipedCustomer => {
  const { driverConsentAboveMicros: above } = customer;
  if (exchange === undefined || above === null) return customer;
  return { ...customer, driverConsentAboveMicros: coveredBy(above, exchange) };
};

/** Decides on one offer. Pure: the same facts give the same decision. */
export const decide = (given: DecisionFacts): Grant | Refusal => {
  const facts = inOfferCurrency(given);
  if ('outcome' in facts) return facts;
  const { offer, means, nowMs } = facts;
  if (offer.validUntilMs <= nowMs) return refuse('CONSENT_EXPIRED', 'The offer is out of its time.');
  const agreed = findAgreement(facts);
  if ('outcome' in agreed) return agreed;
  const wrong = checkCustomer(facts);
  if (wrong !== undefined) return wrong;
  const { terms } = agreed;
  if (facts.rule === undefined) {
    return refuse('NEGOTIATION_FAILED', 'Your utility has no charging rule in force for your contract.');
  }
  const charge = negotiated(facts, facts.rule, terms);
  if (!charge.ok)
    return refuse('NEGOTIATION_FAILED', `The utilities found no common price: ${charge.error.message}.`);
  const { adjustmentPpm } = charge.value;
  // Rounded up: what is put aside must never be less than what may be charged.
  const estimateMicros = divide(offer.estimateMicros * (PPM + adjustmentPpm), PPM, 'ceiling');
  const wishMicros = divide(estimateMicros * facts.headroomPpm, PPM, 'ceiling');
  const consentable = consentableMicros(facts.customer) ?? terms.maxSessionMicros;
  const limitMicros = least(wishMicros, means.availableMicros, terms.maxSessionMicros, consentable);
  if (limitMicros < estimateMicros) {
    const which =
      means.availableMicros < estimateMicros
        ? 'what is left on the account'
        : terms.maxSessionMicros < estimateMicros
          ? 'the agreed maximum of a session'
          : 'what your utility lets you consent to without your own device';
    return refuse('LIMIT_EXCEEDED', `The estimated price is above ${which}.`);
  }
  return {
    outcome: 'authorised',
    adjustmentPpm,
    movedBy: charge.value.movedBy,
    limitMicros,
    exchange: facts.exchange,
    validUntilMs: Math.min(offer.validUntilMs, nowMs + facts.consentMs, agreed.untilMs),
    terms,
    profile: leaveAlone(facts, agreed, limitMicros),
  };
};
