import { billingReading, meterPublicKey, verifyOcmf } from '@roamgrid/wire';
import type { PartnerOutlet } from './context.ts';

/** Records are written in fewer digits than meters have. */
const ROUNDED_MILLI_WH = 2_000n;

/**
 * The record among those of a CDR that the outlet's registered meter signed, if it holds begin and end and states no more
 * than what is billed. Nothing is made of one that does not verify. Spec: OCPI 2.2.1 mod_cdrs SignedData.
 */
export const meterRecord = (
  { signingMeter }: PartnerOutlet,
  signed: readonly string[],
  billedMilliWh: bigint,
): string | undefined => {
  if (signingMeter === undefined) return undefined;
  const key = meterPublicKey(signingMeter.publicKey);
  return signed.find((text) => {
    const opened = verifyOcmf(text, key);
    if (!opened.ok || opened.value.meterSerial !== signingMeter.meterId) return false;
    const [begin, end] = [billingReading(opened.value, 'begin'), billingReading(opened.value, 'end')];
    if (!begin.ok || !end.ok || begin.value.register !== end.value.register) return false;
    const gained = end.value.registerMilliWh - begin.value.registerMilliWh;
    return gained >= 0n && gained <= billedMilliWh + ROUNDED_MILLI_WH;
  });
};
