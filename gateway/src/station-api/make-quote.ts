import { divide } from '@roamgrid/domain';
import {
  DOCUMENT_TYPE,
  exchangedPrice,
  quote as quoteSchema,
  sealBody,
  signDocument,
  type Quote,
  type RouteGrant,
  type SwipeAnswer,
  type SwipeOffer,
  type SwipeRequest,
} from '@roamgrid/wire';
import type { StationContext } from './context.ts';
import type { Allowance } from './grant.ts';
import { estimateOf, estimateQuote, goodUntil, type OfferBasis } from './offer.ts';
import { refusal } from './refusals.ts';

const PPM = 1_000_000n;

const least = (...values: readonly [bigint, ...bigint[]]): bigint =>
  values.reduce((min, value) => (value < min ? value : min));

/**
 * How the driver's own device can consent. What is behind the `#` stays in the device's browser: home's page reads it, and
 * home's server is told of the quote by that page alone, which asks it for the rate of exchange.
 */
const driverConsentOf = (
  { driverKey, driverConsentAboveMicros, driverAppUrl }: Allowance,
  capMicros: bigint,
  signedQuote: string,
  gatewayUrl: string,
): Pick<SwipeOffer, 'driverConsent' | 'driverConsentLink'> => {
  const isRequired = driverConsentAboveMicros !== undefined && capMicros > driverConsentAboveMicros;
  if (driverKey === undefined) return isRequired ? { driverConsent: 'required' } : {};
  return {
    driverConsent: isRequired ? 'required' : 'possible',
    ...(driverAppUrl !== undefined && {
      driverConsentLink: `${driverAppUrl}#quote=${signedQuote}&at=${encodeURIComponent(gatewayUrl)}`,
    }),
  };
};

/** The price in the currency of the customer's account, by the rate that home signed. */
const exchangedBy = ({ grant }: RouteGrant, quote: Quote): Pick<SwipeOffer, 'exchanged'> => {
  const exchange = 'exchange' in grant ? grant.exchange : undefined;
  return exchange === undefined ? {} : { exchanged: exchangedPrice(quote, exchange) };
};

/** The signed price for one grant, or why there is none. */
export const makeQuote = async (
  context: StationContext,
  request: SwipeRequest,
  basis: OfferBasis,
  grant: RouteGrant,
  allowance: Allowance,
): Promise<SwipeAnswer> => {
  const { settings, signer } = context;
  const maxSessionMicros = basis.agreement?.terms.maxSessionMicros;
  const planned = estimateOf(context, request, basis, allowance.adjustmentPpm);
  if (planned === undefined || maxSessionMicros === undefined) return refusal('NO_AGREEMENT');
  const estimateMicros = planned.totalMicros;
  const most = least(maxSessionMicros, allowance.limitMicros);
  // An estimate of nothing gives no scale for a cap; then the limit itself is the cap.
  const scaled = estimateMicros === 0n ? most : divide(estimateMicros * settings.headroomPpm, PPM, 'up');
  const capMicros = least(scaled, most);
  if (capMicros <= 0n || estimateMicros > capMicros) return refusal('LIMIT_EXCEEDED');
  const quote: Quote = {
    ...estimateQuote(context, request, basis, allowance.adjustmentPpm),
    estimateMicros,
    capMicros,
    validUntilMs: Math.min(goodUntil(context, request, basis), grant.consentUntilMs, allowance.validUntilMs),
  };
  if (quote.validUntilMs <= quote.issuedAtMs) return refusal('CONSENT_EXPIRED');
  const signedQuote = await signDocument(quoteSchema, DOCUMENT_TYPE.quote, quote, signer);
  return {
    outcome: 'offer',
    quote,
    quoteHash: sealBody(quoteSchema, quote).hash,
    signedQuote,
    authorisedBy: grant.authorisedBy,
    service: basis.service,
    ...driverConsentOf(allowance, capMicros, signedQuote, context.publicUrl()),
    homeUtilityName: grant.homeUtilityName,
    loyalty: allowance.loyalty,
    ...exchangedBy(grant, quote),
    lines: planned.lines,
    taxMicros: planned.taxMicros,
    ...(grant.language !== undefined && { language: grant.language }),
    ...(basis.agreement?.terms.adaptation !== undefined && { adapts: true as const }),
  };
};
