import { computeCdr, type Cdr, type MeterReading, type StopRequest } from '@roamgrid/wire';
import { gatewayError } from '../problems.ts';
import type { Charge } from './charges.ts';
import type { StationContext } from './context.ts';

/**
 * The CDR that readings of a session give, with the number 1 in place of the pair's: the bill does not depend on it.
 * @throws ServiceError READINGS_INVALID when they cannot be rated.
 */
export const cdrOf = (
  { registry }: StationContext,
  { open, sessionId }: Charge,
  readings: readonly MeterReading[],
  endReason: StopRequest['endReason'],
): Cdr => {
  const { quote } = open;
  const agreement = registry.agreement(quote.agreementId);
  const terms = agreement && registry.terms(quote.agreementId, agreement.version);
  const tariff = registry.tariff(quote.tariffId, quote.tariffVersion);
  if (terms === undefined || tariff === undefined) {
    throw new Error(`agreement or tariff of session ${sessionId} is not in the registry`);
  }
  const cdr = computeCdr({
    cdrId: sessionId,
    pairSequence: 1,
    quote,
    readings,
    tariffJson: tariff.tariffJson,
    terms: terms.terms,
    endReason,
  });
  if (!cdr.ok) throw gatewayError('READINGS_INVALID', cdr.error.message);
  return cdr.value;
};

/** Total so far; a single reading costs nothing yet. */
export const runningMicrosOf = (
  context: StationContext,
  charge: Charge,
  readings: readonly MeterReading[],
): bigint => (readings.length < 2 ? 0n : cdrOf(context, charge, readings, 'driver').totalMicros);
