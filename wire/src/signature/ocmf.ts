import { sign, verify, type KeyObject } from 'node:crypto';
import { err, formatDecimal, ok, type Result } from '@roamgrid/domain';
import type { MeterJwk } from '../codec/meter-jwk.ts';
import { algorithmOf, DEFAULT_ALGORITHM, DEFAULT_CURVE, otherCurve } from './ocmf-curves.ts';
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
  /** What the driver was offered, in words (`TT`); at most 250 characters. */
  readonly tariffText?: string;
  readonly readings: readonly MeterStatementReading[];
}

export interface MeterStatementReading extends OcmfTime {
  /** B begin, C charging, E end, and the more precise ends. */
  readonly transaction: 'B' | 'C' | 'X' | 'E' | 'L' | 'R' | 'A' | 'P' | 'S' | 'T';
  readonly registerMilliWh: bigint;
  /** Quantities that are not usable any more: `E` energy, `t` time; left out for none. */
  readonly errorFlags?: 'E' | 't' | 'Et';
}

/** OBIS code of the import register as OCMF examples write it. */
const IMPORT_REGISTER = '1-b:1.8.0';

/** Decimal places of a milliwatt-hour in kWh. */
const MILLI_WH_PLACES = 6;
/** Places that a register is written with at least: tenths of a watt-hour, as real meters show it. */
const METER_PLACES = 4;

const readingJson = (reading: MeterStatementReading): string => {
  // RV is a JSON number whose decimal places count: it is written as text, never through a float.
  const kWh = formatDecimal(reading.registerMilliWh, MILLI_WH_PLACES, METER_PLACES);
  const time = JSON.stringify(formatOcmfTime(reading));
  return `{"TM":${time},"TX":"${reading.transaction}","RV":${kWh},"RI":"${IMPORT_REGISTER}","RU":"kWh","RT":"AC","EF":"${reading.errorFlags ?? ''}","ST":"G"}`;
};

/** Longest tariff text. Spec: OCMF 1.4, table 4. */
const TARIFF_TEXT_LENGTH = 250;

/**
 * Payload section of a statement: the same text for the same facts, byte for byte, so that who knows the facts can write
 * it anew and check the meter's signature without having been sent the statement.
 * @throws RangeError when a field holds the section separator, which OCMF forbids, or the tariff text is too long.
 */
export const ocmfPayload = (statement: MeterStatement): string => {
  const { gateway, meter, sessionId, tariffText } = statement;
  if (tariffText !== undefined && tariffText.length > TARIFF_TEXT_LENGTH) {
    throw new RangeError(`a tariff text has at most ${TARIFF_TEXT_LENGTH} characters`);
  }
  const head = JSON.stringify({
    // The version that brought the tariff text.
    FV: '1.1',
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
    ...(sessionId === undefined ? { IT: 'NONE' } : { IT: 'CENTRAL', ID: sessionId }),
    ...(tariffText !== undefined && { TT: tariffText }),
    CT: 'EVSEID',
    CI: statement.evseId,
  });
  const payload = `${head.slice(0, -1)},"RD":[${statement.readings.map(readingJson).join(',')}]}`;
  if (payload.includes('|')) throw new RangeError('OCMF fields cannot hold the character |');
  return payload;
};

/**
 * The text of a statement that was signed elsewhere, from its facts and its signature in DER.
 * @throws RangeError as {@link ocmfPayload}.
 */
export const ocmfText = (statement: MeterStatement, der: Uint8Array): string =>
  ocmfOf(ocmfPayload(statement), DEFAULT_ALGORITHM, der);

const ocmfOf = (payload: string, algorithm: string, der: Uint8Array): string =>
  `OCMF|${payload}|{"SA":"${algorithm}","SE":"hex","SM":"application/x-der","SD":"${Buffer.from(der).toString('hex')}"}`;

/**
 * Builds and signs a statement.
 * @throws RangeError as {@link ocmfPayload}.
 */
export const signOcmf = (statement: MeterStatement, privateKey: KeyObject): string => {
  const payload = ocmfPayload(statement);
  const der = sign('sha256', Buffer.from(payload, 'utf8'), privateKey);
  return ocmfOf(payload, algorithmOf(privateKey), der);
};

/** The public half of a meter's key as node uses it. */
export const meterPublicKey = (jwk: Omit<MeterJwk, 'kid'>): KeyObject => publicKeyOf(jwk);

/** Parses a signed statement and checks the signature over its payload as it stands. */
export const verifyOcmf = (text: string, publicKey: KeyObject): Result<OcmfDocument, OcmfError> => {
  const parsed = parseOcmf(text);
  if (!parsed.ok) return parsed;
  const { payloadText, signature, curve } = parsed.value;
  const mismatch = otherCurve(publicKey, curve);
  if (mismatch !== undefined) return err({ code: 'OCMF_BAD_SIGNATURE', message: mismatch });
  return verify('sha256', Buffer.from(payloadText, 'utf8'), publicKey, signature)
    ? parsed
    : err({ code: 'OCMF_BAD_SIGNATURE', message: 'the signature does not verify with the key of the meter' });
};

/** The signature of a signed statement, in DER: all that has to travel where the facts are known. */
export const derOfOcmf = (text: string): Result<Buffer, OcmfError> => {
  const parsed = parseOcmf(text);
  return parsed.ok ? ok(parsed.value.signature) : parsed;
};

/** Whether a meter signed a statement of these facts, written anew: one on the usual curve, for facts do not tell of another. */
export const isStatementSigned = (
  statement: MeterStatement,
  der: Uint8Array,
  publicKey: KeyObject,
): boolean =>
  otherCurve(publicKey, DEFAULT_CURVE) === undefined &&
  verify('sha256', Buffer.from(ocmfPayload(statement), 'utf8'), publicKey, der);
