import type { BillingReading } from '../signature/billing-reading.ts';
import type { MeterReading, RecordedReading } from './session.ts';

/** The first and last reading of a session, on the ledger as the meter signed them: with its flags. */

/** A stated reading with the flags of the signed one; those of a synchronised clock without errors are not written. */
export const recordedReadingOf = (
  { atMs, registerMilliWh, charging }: MeterReading,
  { clock, errorFlags }: BillingReading,
): RecordedReading => ({
  atMs,
  registerMilliWh,
  charging,
  ...(clock !== 'S' && { clock }),
  ...(errorFlags !== '' && { errorFlags }),
});

/** Whether a reading on the ledger is the one that the meter signed. */
export const isAsSigned = (recorded: RecordedReading | undefined, signed: BillingReading): boolean =>
  recorded !== undefined &&
  recorded.atMs === signed.atMs &&
  recorded.registerMilliWh === signed.registerMilliWh &&
  (recorded.clock ?? 'S') === signed.clock &&
  (recorded.errorFlags ?? '') === signed.errorFlags;

/** Whether a reading between the signed ones claims nothing that a meter signs. */
export const isUnsigned = ({ clock, errorFlags }: RecordedReading): boolean =>
  clock === undefined && errorFlags === undefined;
