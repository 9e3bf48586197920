import type { OutletService } from '@roamgrid/domain';
import {
  pathOf,
  tariffsFor,
  type AgreementTerms,
  type RouteRequest,
  type StationRecord,
  type SwipeRequest,
  type TariffRecord,
} from '@roamgrid/wire';
import type { ActiveAgreement } from '../registry/registry.ts';
import type { StationContext } from './context.ts';
import { estimate, plannedReadings, priceRangeOf, zoneOffsetsAt, type EstimateQuote } from './estimate.ts';

export interface OfferBasis {
  readonly station: StationRecord;
  readonly evse: StationRecord['evses'][number];
  readonly hun: string;
  readonly agreement: ActiveAgreement | undefined;
  readonly tariff: TariffRecord;
  readonly nowMs: number;
  /** What the CIN is for. */
  readonly service: OutletService;
  /** The session's number, given to the swipe. */
  readonly sessionId: string;
}

/** So many reports before the limit the driver is asked whether to go on: time to read a price and to answer. */
export const ASK_AHEAD = 5n;

/**
 * How long an offer may be taken. One to go on is of use until the session before has ended, a few reports from now, and
 * holds nothing of the customer's means for longer.
 */
export const goodUntil = (
  { settings }: StationContext,
  { continues }: Pick<SwipeRequest, 'continues'>,
  { nowMs }: Pick<OfferBasis, 'nowMs'>,
): number => {
  const longestMs =
    continues === undefined ? settings.quoteValidMs : 2 * Number(ASK_AHEAD) * settings.reportEveryMs;
  return nowMs + Math.min(settings.quoteValidMs, longestMs);
};

/** Shares only split a total: for an estimate any whole will do. */
const ANY_SHARES: Pick<AgreementTerms, 'shares'> = {
  shares: { hun: 0n, vun: 1_000_000n, infrastructure: 0n, driver: 0n },
};

/**
 * A tariff version to quote at an outlet, of those in force that are for it: the narrowest and then newest that is bound with
 * the home utility, or without an agreement the narrowest and newest.
 */
export const chooseTariff = (
  { registry, utilityId }: Pick<StationContext, 'registry' | 'utilityId'>,
  { station, evse, agreement, nowMs }: Pick<OfferBasis, 'station' | 'evse' | 'agreement' | 'nowMs'>,
): TariffRecord | undefined => {
  const current = tariffsFor(registry.currentTariffs(utilityId, nowMs), pathOf(station, evse.evseId));
  // Without an agreement the router refuses, with the reason that only it knows; it still needs an offer to refuse.
  if (agreement === undefined) return current[0];
  return current.find((tariff) => registry.isBound(agreement.record.agreementId, tariff));
};

export const estimateQuote = (
  context: StationContext,
  request: SwipeRequest,
  basis: OfferBasis,
  adjustmentPpm: bigint,
): EstimateQuote => ({
  channel: context.channel,
  sessionId: basis.sessionId,
  vun: context.utilityId,
  hun: basis.hun,
  agreementId: basis.agreement?.record.agreementId ?? 'none',
  stationId: basis.station.stationId,
  evseId: basis.evse.evseId,
  tariffId: basis.tariff.tariffId,
  tariffVersion: basis.tariff.version,
  adjustmentPpm,
  currency: basis.agreement?.terms.currency ?? currencyOf(basis.tariff),
  requestedEnergyWh: request.requestedEnergyWh,
  plannedMs: request.plannedMs,
  zoneOffsets: zoneOffsetsAt(basis.station.timeZone, basis.nowMs),
  issuedAtMs: basis.nowMs,
  validUntilMs: goodUntil(context, request, basis),
});

const currencyOf = (tariff: TariffRecord): string => {
  const { currency } = JSON.parse(tariff.tariffJson) as { currency?: unknown };
  return typeof currency === 'string' ? currency : 'XXX';
};

/** The estimated CDR of a swipe, at an adjustment. */
export const estimateOf = (
  context: StationContext,
  request: SwipeRequest,
  basis: OfferBasis,
  adjustmentPpm: bigint,
) =>
  estimate(
    estimateQuote(context, request, basis, adjustmentPpm),
    plannedReadings({
      startMs: basis.nowMs,
      plannedMs: request.plannedMs,
      requestedEnergyWh: request.requestedEnergyWh,
      maxPowerW: basis.evse.maxPowerW,
    }),
    basis.tariff,
    ANY_SHARES,
  );

const lowest = (ranges: AgreementTerms['adjustment']): bigint =>
  Object.values(ranges).reduce((min, { minPpm }) => (minPpm < min ? minPpm : min), 0n);
const highest = (ranges: AgreementTerms['adjustment']): bigint =>
  Object.values(ranges).reduce((max, { maxPpm }) => (maxPpm > max ? maxPpm : max), 0n);

/** What the router takes to the home utility. Undefined when the tariff cannot price the stay. */
export const makeOffer = async (
  context: StationContext,
  request: SwipeRequest,
  basis: OfferBasis,
): Promise<RouteRequest['offer'] | undefined> => {
  const planned = estimateOf(context, request, basis, 0n);
  const range = priceRangeOf(basis.tariff);
  if (planned === undefined || range === undefined) return undefined;
  const accepted =
    basis.agreement === undefined ? undefined : await context.router.partnerRange(basis.hun, basis.nowMs);
  const agreed = basis.agreement?.terms.adjustment;
  return {
    channel: context.channel,
    sessionId: basis.sessionId,
    vun: context.utilityId,
    stationId: basis.station.stationId,
    evseId: basis.evse.evseId,
    service: basis.service,
    tariffId: basis.tariff.tariffId,
    tariffVersion: basis.tariff.version,
    currency: planned.currency,
    ...range,
    minAdjustmentPpm: accepted?.minAdjustmentPpm ?? (agreed === undefined ? 0n : lowest(agreed)),
    maxAdjustmentPpm: accepted?.maxAdjustmentPpm ?? (agreed === undefined ? 0n : highest(agreed)),
    requestedEnergyWh: request.requestedEnergyWh,
    estimateMicros: planned.totalMicros,
    validUntilMs: goodUntil(context, request, basis),
  };
};
