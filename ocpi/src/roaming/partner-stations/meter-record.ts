import { meterStatement } from '@roamgrid/station-kit';
import type { PartnerOutlet } from './context.ts';

/** Records are written in fewer digits than meters have. */
const ROUNDED_MILLI_WH = 2_000n;

/**
 * The record among those of a CDR that the outlet's registered meter signed, if it holds begin and end and states no more
 * than what is billed: one that states less is in the customer's favour. Spec: OCPI 2.2.1 mod_cdrs SignedData.
 */
export const meterRecord = (
  { signingMeter }: PartnerOutlet,
  signed: readonly string[],
  billedMilliWh: bigint,
): string | undefined => {
  const statement = meterStatement(signingMeter, signed);
  if (statement === undefined || statement.signedStart !== undefined) return undefined;
  return statement.gainMilliWh <= billedMilliWh + ROUNDED_MILLI_WH ? statement.signedEnd : undefined;
};
