import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import type { OfflineRecord } from '@roamgrid/offline';
import {
  billingReading,
  meterPublicKey,
  outletAt,
  recordedReadingOf,
  signingMeterKey,
  verifyOcmf,
  type DatedMeterKey,
  type RecordedReading,
  type StationRecord,
} from '@roamgrid/wire';

/** What a record's meter signed: begin and end in one text, as the contract will verify it. */
export interface RecordStatement {
  readonly key: DatedMeterKey;
  readonly begin: RecordedReading;
  readonly end: RecordedReading;
  /** All readings that are billed by. */
  readonly readings: readonly RecordedReading[];
  readonly tariffText?: string;
}

type StatementError = DomainError<'METER_INVALID'>;

/**
 * Where power was cut, the meter signs its end when power is back: until then the car only stood there, from when the charger last counted.
 */
const between = (
  { facts: { reason, lastedMs } }: OfflineRecord,
  begin: RecordedReading,
  end: RecordedReading,
): readonly RecordedReading[] => {
  const cutMs = begin.atMs + lastedMs;
  if (reason !== 'power-cut' || lastedMs <= 0 || cutMs >= end.atMs) return [];
  return [{ atMs: cutMs, registerMilliWh: end.registerMilliWh, charging: false }];
};

/** Reads and verifies it by the keys that the outlet had then. */
export const readStatement = (
  record: OfflineRecord,
  station: StationRecord,
  beganMs: number,
): Result<RecordStatement, StatementError> => {
  const invalid = (message: string) => err<StatementError>({ code: 'METER_INVALID', message });
  const { signed } = record.facts;
  const outlet = outletAt(station, record.evseId, beganMs);
  const key = signingMeterKey({ form: 'ocmf', end: signed }, outlet?.meterKeys ?? [], beganMs);
  if (key === undefined) return invalid('the outlet had no key of the meter that the statement names');
  const opened = verifyOcmf(signed, meterPublicKey(key));
  if (!opened.ok) return invalid(opened.error.message);
  const [first, last] = [billingReading(opened.value, 'begin'), billingReading(opened.value, 'end')];
  if (!first.ok) return invalid(`begin: ${first.error.message}`);
  if (!last.ok) return invalid(`end: ${last.error.message}`);
  const begin = recordedReadingOf({ ...first.value, charging: true }, first.value);
  const end = recordedReadingOf({ ...last.value, charging: true }, last.value);
  const { tariffText } = opened.value;
  return ok({
    ...{ key, begin, end, readings: [begin, ...between(record, begin, end), end] },
    ...(key.signedBy === 'meter' && tariffText !== undefined && { tariffText }),
  });
};
