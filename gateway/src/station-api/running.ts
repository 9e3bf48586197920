import type { Result } from '@roamgrid/domain';
import {
  computeRated,
  type AgreementTerms,
  type CdrError,
  type GridInput,
  type MeterReading,
  type RatedCdr,
  type RecordedReading,
  type OpeningGround,
  type SessionOpenBody,
  type StationRecord,
  type StopRequest,
} from '@roamgrid/wire';
import { gatewayError } from '../problems.ts';
import type { Charge } from './charges.ts';
import type { StationContext } from './context.ts';

/** Terms of the agreement under which a session was opened. */
export const termsOf = ({ registry }: StationContext, { open, sessionId }: Charge): AgreementTerms => {
  const { agreementId } = open.quote;
  const agreement = registry.agreement(agreementId);
  const terms = agreement && registry.terms(agreementId, agreement.version);
  if (terms === undefined) throw new Error(`agreement of session ${sessionId} is not in the registry`);
  return terms.terms;
};

/** What the registry knows about the parties of a session. */
export const groundOf = (
  { registry, channel }: StationContext,
  { quote, sessionId }: SessionOpenBody,
  station: StationRecord,
): OpeningGround => {
  const agreement = registry.agreement(quote.agreementId);
  const terms = agreement && registry.terms(quote.agreementId, agreement.version);
  const vun = registry.utility(quote.vun);
  const hun = registry.utility(quote.hun);
  const tariff = registry.tariff(quote.tariffId, quote.tariffVersion);
  if (
    agreement === undefined ||
    terms === undefined ||
    vun === undefined ||
    hun === undefined ||
    tariff === undefined
  ) {
    throw new Error(`what session ${sessionId} was quoted by is not in the registry`);
  }
  const bound = registry.isBound(quote.agreementId, tariff);
  return { channel, agreement, terms: terms.terms, vun, hun, station, tariff, bound };
};

/** The record that readings of a session give, with the number 1 in place of the lane's: the bill does not depend on it. */
export const rateCharge = (
  context: StationContext,
  charge: Charge,
  readings: readonly RecordedReading[],
  endReason: StopRequest['endReason'],
  grid?: GridInput,
): Result<RatedCdr, CdrError> => {
  const { quote } = charge.open;
  const tariff = context.registry.tariff(quote.tariffId, quote.tariffVersion);
  if (tariff === undefined) throw new Error(`tariff of session ${charge.sessionId} is not in the registry`);
  return computeRated({
    laneSequence: 1,
    quote,
    readings,
    tariffJson: tariff.tariffJson,
    terms: termsOf(context, charge),
    endReason,
    ...(grid && { grid }),
  });
};

/**
 * The same where it must come to one.
 * @throws ServiceError READINGS_INVALID when they cannot be rated.
 */
export const cdrOf = (...input: Parameters<typeof rateCharge>): RatedCdr => {
  const cdr = rateCharge(...input);
  if (!cdr.ok) throw gatewayError('READINGS_INVALID', cdr.error.message);
  return cdr.value;
};

/** Total so far, before the grid moves it; a single reading costs nothing yet. */
export const runningMicrosOf = (
  context: StationContext,
  charge: Charge,
  readings: readonly MeterReading[],
): bigint => (readings.length < 2 ? 0n : cdrOf(context, charge, readings, 'driver').totalMicros);
