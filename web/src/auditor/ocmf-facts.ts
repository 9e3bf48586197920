import type { statementFacts } from '@roamgrid/wire';
import type { z } from 'zod';
import { decimalText } from '../shared/format.ts';
import type { CloseBody } from './api.ts';

export type Facts = z.input<typeof statementFacts>;
export type Reading = CloseBody['readings'][number];

/** Decimal places of a milliwatt-hour in kWh. */
const MILLI_WH_PLACES = 6;
/** Places that a meter writes at least. */
const METER_PLACES = 4;

function kWh(registerMilliWh: string): string {
  const [whole = '', fraction = ''] = decimalText(registerMilliWh, MILLI_WH_PLACES).split('.');
  return `${whole}.${fraction.padEnd(METER_PLACES, '0')}`;
}

/** Spec: OCMF 1.4, table 7 (`TM`). */
const time = (atMs: number, clock: string): string =>
  `${new Date(atMs).toISOString().slice(0, 23).replace('.', ',')}+0000 ${clock}`;

const readingText = (transaction: 'B' | 'E', { atMs, clock, errorFlags, registerMilliWh }: Reading): string =>
  `{"TM":"${time(atMs, clock ?? 'S')}","TX":"${transaction}","RV":${kWh(registerMilliWh)},"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"${errorFlags ?? ''}","ST":"G"}`;

/**
 * What a meter signed of a session's two ends, formed again from the facts, byte for byte: then its signature is over
 * exactly these readings, for exactly this session and consent. Spec: OCMF 1.4, tables 1–8.
 */
export function statementPayload(
  { gateway, meter, page, tariffText }: Omit<Facts, 'form' | 'signature'>,
  sessionId: string,
  evseId: string,
  [begin, end]: readonly [Reading, Reading],
): string {
  const head = JSON.stringify({
    FV: '1.1',
    GI: gateway.model,
    GS: gateway.serial,
    GV: gateway.version,
    PG: `T${page}`,
    MV: meter.vendor,
    MM: meter.model,
    MS: meter.serial,
    MF: meter.firmware,
    IS: false,
    IL: 'NONE',
    IF: ['RFID_NONE', 'OCPP_NONE', 'ISO15118_NONE', 'PLMN_NONE'],
    IT: 'CENTRAL',
    ID: sessionId,
    ...(tariffText !== undefined && { TT: tariffText }),
    CT: 'EVSEID',
    CI: evseId,
  });
  return `${head.slice(0, -1)},"RD":[${readingText('B', begin)},${readingText('E', end)}]}`;
}
