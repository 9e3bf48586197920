import {
  billingReading,
  meterPublicKey,
  parseOcmf,
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
  sessionId: string,
): void => {
  const opened = verifyOcmf(text, meterPublicKey(evse.meterKey));
  if (!opened.ok) throw gatewayError('METER_INVALID', `${side}: ${opened.error.message}`);
  const { meterSerial, evseId, page, centralId } = opened.value;
  if (meterSerial !== evse.meterId || (evseId ?? evse.evseId) !== evse.evseId || page.context !== 'T') {
    throw gatewayError(
      'METER_INVALID',
      `${side}: the statement is not of a transaction at this outlet’s meter`,
    );
  }
  if (centralId !== undefined && centralId !== sessionId) {
    throw gatewayError('METER_INVALID', `${side}: the meter bound its statement to another session`);
  }
  const signed = billingReading(opened.value, side);
  if (!signed.ok) throw gatewayError('METER_INVALID', `${side}: ${signed.error.message}`);
  if (signed.value.atMs !== stated.atMs || signed.value.registerWh !== stated.registerWh) {
    throw gatewayError('METER_INVALID', `${side}: the meter signed another reading than the one stated`);
  }
};

/** Whether a session's end statement, checked already, holds its begin reading too, so that the other is not needed. */
export const holdsBegin = (text: string, begin: Pick<MeterReading, 'atMs' | 'registerWh'>): boolean => {
  const parsed = parseOcmf(text);
  const signed = parsed.ok ? billingReading(parsed.value, 'begin') : parsed;
  return signed.ok && signed.value.atMs === begin.atMs && signed.value.registerWh === begin.registerWh;
};
