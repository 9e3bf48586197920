import { randomBytes } from 'node:crypto';
import { operatorStatement } from '@roamgrid/station-kit';
import { parseOcmf, type RecordedReading, type SessionCloseBody, type Settled } from '@roamgrid/wire';
import { MACHINE } from './close.ts';
import type { PartnerOutlet } from './context.ts';

const SALT_BYTES = 32;

/** Whether the operator vouches for the session: a record is revised by the key that signed it, and a meter's is not here. */
const isVouchedFor = ({ operatorMeter }: PartnerOutlet, { close: { statement } }: Settled): boolean => {
  if (statement.form === 'facts') return statement.meter.serial === operatorMeter.meterId;
  const read = parseOcmf(statement.end);
  return read.ok && read.value.meterSerial === operatorMeter.meterId;
};

const least = <T extends bigint | number>(a: T, b: T): T => (a < b ? a : b);

/** What was recorded, cut off where less energy or an earlier end says so. */
const cutOff = (
  readings: readonly RecordedReading[],
  endMilliWh: bigint,
  endMs: number,
): readonly RecordedReading[] => {
  const last = readings.at(-1);
  if (last === undefined) return [];
  const before = readings.filter(({ atMs }) => atMs < endMs);
  return [...before, { ...last, atMs: endMs }].map((reading) => ({
    ...reading,
    registerMilliWh: least(reading.registerMilliWh, endMilliWh),
  }));
};

/**
 * Another close of a settled session, for less energy inside its time, signed by the operator's register of the outlet.
 * @param milliWh what was charged in all; @param untilMs when it ended, by the gateway's clock
 * @returns why there is none: it is not less, or a meter signed the record
 */
export const revisedClose = (
  outlet: PartnerOutlet,
  settled: Settled,
  {
    milliWh,
    untilMs,
    tariffText,
    page,
  }: {
    readonly milliWh: bigint;
    readonly untilMs: number;
    readonly tariffText: string;
    readonly page: number;
  },
): SessionCloseBody | 'not-less' | 'of-a-meter' => {
  const { close } = settled;
  const [first] = close.readings;
  const last = close.readings.at(-1);
  if (!isVouchedFor(outlet, settled)) return 'of-a-meter';
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  const endMilliWh = first.registerMilliWh + milliWh;
  if (endMilliWh >= last.registerMilliWh) return 'not-less';
  const endMs = Math.max(first.atMs + 1, least(last.atMs, untilMs));
  const readings = cutOff(close.readings, endMilliWh, endMs);
  const end = readings.at(-1) ?? last;
  const { sessionId, endReason } = close;
  return {
    ...{ sessionId, endReason, readings: [...readings] },
    statement: {
      form: 'ocmf',
      end: operatorStatement(outlet, {
        ...{ machine: MACHINE, stationId: outlet.identity.stationId, sessionId, tariffText, page },
        begin: first,
        end,
      }),
    },
    salt: randomBytes(SALT_BYTES).toString('hex'),
  };
};
