import { err, formatDecimal, ok, type Result } from '@roamgrid/domain';
import { sign, type KeyObject } from 'node:crypto';
import { algorithmOf } from './ocmf-curves.ts';
import type { OcmfDocument, OcmfError, OcmfReading } from './ocmf-document.ts';
import { formatOcmfTime } from './ocmf-time.ts';

/**
 * Statements of a house's meter: both registers at several instants, what came in (OBIS 1.8.0) and what went out (2.8.0), signed together.
 * Spec: Open Charge Metering Format 1.4, table 7; IEC 62056-61 for the codes.
 */

/** Both registers at an instant. */
export interface TwoWayReading {
  readonly atMs: number;
  readonly importMilliWh: bigint;
  readonly exportMilliWh: bigint;
}

const IN = /^(1-[0b]:)?0?1\.0?8\.0?0([*.](ff|255))?$/;
const OUT = /^(1-[0b]:)?0?2\.0?8\.0?0([*.](ff|255))?$/;

const notBillable = (message: string) => err<OcmfError>({ code: 'OCMF_NOT_BILLABLE', message });

const registerAt = (
  readings: readonly OcmfReading[],
  code: RegExp,
  what: string,
): Result<bigint, OcmfError> => {
  const found = readings.filter(({ obis = '' }) => code.test(obis));
  const [reading] = found;
  if (reading?.registerMilliWh === undefined || found.length > 1)
    return notBillable(
      `there are ${found.length} readings of the ${what} register at one instant instead of one`,
    );
  return ok(reading.registerMilliWh);
};

/**
 * Readings in the order of time. Refused: an instant without both registers, a meter that does not report itself good or flags anything, a clock
 * that is not synchronised: by the quarter-hour is what the meter says of the time, too.
 */
export const twoWayReadings = ({
  readings,
}: Pick<OcmfDocument, 'readings'>): Result<readonly TwoWayReading[], OcmfError> => {
  const byInstant = new Map<number, OcmfReading[]>();
  for (const reading of readings) {
    const { status, errorFlags, time } = reading;
    if (status !== 'G' || errorFlags !== '' || time.sync !== 'S')
      return notBillable(`a reading has status ${status}, flags ${errorFlags || 'none'}, clock ${time.sync}`);
    byInstant.set(time.atMs, [...(byInstant.get(time.atMs) ?? []), reading]);
  }
  const both: TwoWayReading[] = [];
  for (const [atMs, at] of byInstant) {
    const importMilliWh = registerAt(at, IN, 'import');
    if (!importMilliWh.ok) return importMilliWh;
    const exportMilliWh = registerAt(at, OUT, 'export');
    if (!exportMilliWh.ok) return exportMilliWh;
    both.push({ atMs, importMilliWh: importMilliWh.value, exportMilliWh: exportMilliWh.value });
  }
  return ok(both.sort((one, other) => one.atMs - other.atMs));
};

const MILLI_WH_PLACES = 6;

/** Signs both registers as a house's meter does. */
export const signTwoWay = (
  meterId: string,
  page: number,
  readings: readonly TwoWayReading[],
  privateKey: KeyObject,
): string => {
  const json = ({ atMs, importMilliWh, exportMilliWh }: TwoWayReading): readonly string[] => {
    const TM = JSON.stringify(formatOcmfTime({ atMs, sync: 'S' }));
    const of = (milliWh: bigint, code: string): string =>
      `{"TM":${TM},"TX":"T","RV":${formatDecimal(milliWh, MILLI_WH_PLACES, 4)},"RI":"1-0:${code}","RU":"kWh","RT":"AC","EF":"","ST":"G"}`;
    return [of(importMilliWh, '1.8.0'), of(exportMilliWh, '2.8.0')];
  };
  const head = JSON.stringify({
    FV: '1.1',
    GS: meterId,
    PG: `F${page}`,
    MS: meterId,
    IS: false,
    IT: 'NONE',
  });
  const payload = `${head.slice(0, -1)},"RD":[${readings.flatMap(json).join()}]}`;
  const der = sign('sha256', Buffer.from(payload, 'utf8'), privateKey).toString('hex');
  return `OCMF|${payload}|{"SA":"${algorithmOf(privateKey)}","SE":"hex","SM":"application/x-der","SD":"${der}"}`;
};
