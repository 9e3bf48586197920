import { sign, verify, type KeyObject } from 'node:crypto';
import { err, formatDecimal, ok, type Result } from '@roamgrid/domain';
import type { PublicJwk } from '../codec/scalars.ts';
import { parseOcmf, type OcmfDocument, type OcmfError } from './ocmf-document.ts';
import { formatOcmfTime, type OcmfTime } from './ocmf-time.ts';
import { publicKeyOf } from './public-key.ts';

/**
 * Signs and verifies meter readings. Spec: Open Charge Metering Format 1.x, S.A.F.E. e.V.:
 * `OCMF|<payload>|<signature>`, ECDSA over the payload's bytes as they stand, SHA-256, P-256, DER in hex.
 */

/** What a meter signs. Its energy is the cumulative import register. */
export interface MeterStatement {
  readonly gateway: { readonly model: string; readonly serial: string; readonly version: string };
  readonly meter: {
    readonly vendor: string;
    readonly model: string;
    readonly serial: string;
    readonly firmware: string;
  };
  /** Number of the record in the meter's transaction context; grows by one a record. */
  readonly page: number;
  readonly evseId: string;
  /** Id of the session that the record is bound to; the meter signs it with the readings. */
  readonly sessionId?: string;
  readonly readings: readonly MeterStatementReading[];
}

export interface MeterStatementReading extends OcmfTime {
  /** B begin, C charging, E end, and the more precise ends. */
  readonly transaction: 'B' | 'C' | 'X' | 'E' | 'L' | 'R' | 'A' | 'P' | 'S' | 'T';
  readonly registerWh: bigint;
}

/** OBIS code of the import register as OCMF examples write it. */
const IMPORT_REGISTER = '1-b:1.8.0';

const readingJson = (reading: MeterStatementReading): string => {
  // RV is a JSON number whose decimal places count: it is written as text, never through a float.
  const kWh = formatDecimal(reading.registerWh, 3, 3);
  const time = JSON.stringify(formatOcmfTime(reading));
  return `{"TM":${time},"TX":"${reading.transaction}","RV":${kWh},"RI":"${IMPORT_REGISTER}","RU":"kWh","RT":"AC","EF":"","ST":"G"}`;
};

/** Payload section of a statement. */
export const ocmfPayload = (statement: MeterStatement): string => {
  const { gateway, meter } = statement;
  const head = JSON.stringify({
    FV: '1.0',
    GI: gateway.model,
    GS: gateway.serial,
    GV: gateway.version,
    PG: `T${statement.page}`,
    MV: meter.vendor,
    MM: meter.model,
    MS: meter.serial,
    MF: meter.firmware,
    // The driver is not named, at most the session: personal data stays out of what is passed on.
    IS: false,
    IL: 'NONE',
    IF: ['RFID_NONE', 'OCPP_NONE', 'ISO15118_NONE', 'PLMN_NONE'],
    ...(statement.sessionId === undefined ? { IT: 'NONE' } : { IT: 'CENTRAL', ID: statement.sessionId }),
    CT: 'EVSEID',
    CI: statement.evseId,
  });
  return `${head.slice(0, -1)},"RD":[${statement.readings.map(readingJson).join(',')}]}`;
};

/**
 * Builds and signs a statement.
 * @throws RangeError when a field holds the section separator, which OCMF forbids.
 */
export const signOcmf = (statement: MeterStatement, privateKey: KeyObject): string => {
  const payload = ocmfPayload(statement);
  if (payload.includes('|')) throw new RangeError('OCMF fields cannot hold the character |');
  const signature = sign('sha256', Buffer.from(payload, 'utf8'), privateKey).toString('hex');
  return `OCMF|${payload}|{"SA":"ECDSA-secp256r1-SHA256","SE":"hex","SM":"application/x-der","SD":"${signature}"}`;
};

/** The public half of a meter's key as node uses it. */
export const meterPublicKey = (jwk: PublicJwk): KeyObject => publicKeyOf(jwk);

/** Parses a signed statement and checks the signature over its payload as it stands. */
export const verifyOcmf = (text: string, publicKey: KeyObject): Result<OcmfDocument, OcmfError> => {
  const parsed = parseOcmf(text);
  if (!parsed.ok) return parsed;
  const { payloadText, signature } = parsed.value;
  return verify('sha256', Buffer.from(payloadText, 'utf8'), publicKey, signature)
    ? parsed
    : err({ code: 'OCMF_BAD_SIGNATURE', message: 'the signature does not verify with the key of the meter' });
};

/** A reading of the import register as billing uses it. */
export interface BillingReading {
  readonly atMs: number;
  readonly registerWh: bigint;
}

const IMPORT_CODES = /^0?1-(b|0b|00?):(0?1|b0)\.0?8\.0?0(\*(ff|255))?$/i;
const isImport = (obis: string): boolean => IMPORT_CODES.test(obis);

/**
 * The import reading of a statement that begins (`B`) or ends a transaction. Refused: none or several such readings,
 * a meter that does not report itself good, an energy error flag, and a clock that is neither synchronised nor relative.
 */
export const billingReading = (
  document: OcmfDocument,
  side: 'begin' | 'end',
): Result<BillingReading, OcmfError> => {
  const refuse = (message: string) => err<OcmfError>({ code: 'OCMF_NOT_BILLABLE', message });
  const wanted = side === 'begin' ? ['B'] : ['E', 'L', 'R', 'A', 'P'];
  const found = document.readings.filter(
    (reading) =>
      reading.obis !== undefined && isImport(reading.obis) && wanted.includes(reading.transaction ?? ''),
  );
  const [reading] = found;
  if (reading === undefined || found.length > 1) {
    return refuse(`the statement has ${found.length} readings that ${side} a transaction instead of one`);
  }
  if (reading.status !== 'G') return refuse(`the meter's status is ${reading.status}, not G`);
  if (reading.errorFlags.includes('E')) return refuse('the meter flags its energy as unusable');
  if (reading.time.sync !== 'S' && reading.time.sync !== 'R') {
    return refuse(`the meter's clock is ${reading.time.sync}, not synchronised`);
  }
  if (reading.registerWh === undefined) return refuse('the reading is not energy in whole watt-hours');
  return ok({ atMs: reading.time.atMs, registerWh: reading.registerWh });
};
