import {
  billingReading,
  meterPublicKey,
  verifyOcmf,
  type MeterReading,
  type StationRecord,
} from '@roamgrid/wire';
import { gatewayError } from '../problems.ts';

type Evse = StationRecord['evses'][number];

/**
 * Checks that a signed statement of the outlet's meter says what the station states.
 * @throws ServiceError METER_INVALID
 */
export const checkStatement = (
  text: string,
  evse: Evse,
  side: 'begin' | 'end',
  stated: Pick<MeterReading, 'atMs' | 'registerWh'>,
): void => {
  const opened = verifyOcmf(text, meterPublicKey(evse.meterKey));
  if (!opened.ok) throw gatewayError('METER_INVALID', `${side}: ${opened.error.message}`);
  const { meterSerial, evseId, page } = opened.value;
  if (meterSerial !== evse.meterId || (evseId ?? evse.evseId) !== evse.evseId || page.context !== 'T') {
    throw gatewayError(
      'METER_INVALID',
      `${side}: the statement is not of a transaction at this outlet’s meter`,
    );
  }
  const signed = billingReading(opened.value, side);
  if (!signed.ok) throw gatewayError('METER_INVALID', `${side}: ${signed.error.message}`);
  if (signed.value.atMs !== stated.atMs || signed.value.registerWh !== stated.registerWh) {
    throw gatewayError('METER_INVALID', `${side}: the meter signed another reading than the one stated`);
  }
};
