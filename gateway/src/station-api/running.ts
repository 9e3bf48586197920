import {
  computeCdr,
  type AgreementTerms,
  type Cdr,
  type GridInput,
  type MeterReading,
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

/**
 * The CDR that readings of a session give, with the number 1 in place of the pair's: the bill does not depend on it.
 * @throws ServiceError READINGS_INVALID when they cannot be rated.
 */
export const cdrOf = (
  context: StationContext,
  charge: Charge,
  readings: readonly MeterReading[],
  endReason: StopRequest['endReason'],
  grid?: GridInput,
): Cdr => {
  const { registry } = context;
  const { sessionId } = charge;
  const { quote } = charge.open;
  const tariff = registry.tariff(quote.tariffId, quote.tariffVersion);
  if (tariff === undefined) throw new Error(`tariff of session ${sessionId} is not in the registry`);
  const cdr = computeCdr({
    cdrId: sessionId,
    pairSequence: 1,
    quote,
    readings,
    tariffJson: tariff.tariffJson,
    terms: termsOf(context, charge),
    endReason,
    ...(grid && { grid }),
  });
  if (!cdr.ok) throw gatewayError('READINGS_INVALID', cdr.error.message);
  return cdr.value;
};

/** Total so far, before the grid moves it; a single reading costs nothing yet. */
export const runningMicrosOf = (
  context: StationContext,
  charge: Charge,
  readings: readonly MeterReading[],
): bigint => (readings.length < 2 ? 0n : cdrOf(context, charge, readings, 'driver').totalMicros);
