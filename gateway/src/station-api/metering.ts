import {
  billingReading,
  keysAt,
  meterPublicKey,
  ocmfPayload,
  outletAt,
  parseOcmf,
  verifyOcmf,
  type BillingReading,
  type DatedMeterKey,
  type MeterReading,
  type MeterStatementReading,
  type OcmfDocument,
  type SignedStatement,
  type StationRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';

/** The outlet's meter as it was when a session began: what was changed since does not count for it. */
export interface SessionMeter {
  readonly evseId: string;
  readonly key: DatedMeterKey;
}

/** @throws ServiceError STATION_UNAVAILABLE when there was no such outlet or meter */
export const meterAt = (station: StationRecord, evseId: string, atMs: number): SessionMeter => {
  const evse = outletAt(station, evseId, atMs);
  const [key] = keysAt(evse?.meterKeys ?? [], atMs);
  if (evse === undefined || key === undefined)
    throw gatewayError('STATION_UNAVAILABLE', `there is no metered outlet ${evseId} here`);
  return { evseId, key };
};

type Stated = Pick<MeterReading, 'atMs' | 'registerMilliWh'>;

const isStated = (stated: Stated, { atMs, registerMilliWh }: BillingReading): boolean =>
  atMs === stated.atMs && registerMilliWh === stated.registerMilliWh;

/** A statement that was verified, with the reading that it makes about one side of a session. */
interface Statement {
  readonly document: OcmfDocument;
  readonly reading: BillingReading;
}

/**
 * Checks that a signed statement of the outlet's meter says what the station states.
 * @throws ServiceError METER_INVALID
 */
export const checkStatement = (
  text: string,
  { evseId, key }: SessionMeter,
  side: 'begin' | 'end',
  stated: Stated,
  sessionId: string,
): Statement => {
  const refuse = (why: string) => gatewayError('METER_INVALID', `${side}: ${why}`);
  const opened = verifyOcmf(text, meterPublicKey(key));
  if (!opened.ok) throw refuse(opened.error.message);
  const document = opened.value;
  const { meterSerial, page, centralId } = document;
  if (meterSerial !== key.meterId || (document.evseId ?? evseId) !== evseId || page.context !== 'T') {
    throw refuse('the statement is not of a transaction at this outlet’s meter');
  }
  if (centralId !== undefined && centralId !== sessionId)
    throw refuse('the meter bound its statement to another session');
  const signed = billingReading(document, side);
  if (!signed.ok) throw refuse(signed.error.message);
  const reading = signed.value;
  if (!isStated(stated, reading)) throw refuse('the meter signed another reading than the one stated');
  return { document, reading };
};

/** What the meter signed of a session's two ends, as its close carries it. */
export interface Metered {
  readonly statement: SignedStatement;
  readonly begin: BillingReading;
  readonly end: BillingReading;
}

/** Fields of a payload that its readings and the session do not say already. */
const own = z.object({
  GI: z.string(),
  GS: z.string(),
  GV: z.string(),
  MV: z.string(),
  MM: z.string(),
  MS: z.string(),
  MF: z.string(),
});

const factOf = (
  transaction: 'B' | 'E',
  { atMs, registerMilliWh, clock, errorFlags }: BillingReading,
): MeterStatementReading => ({
  atMs,
  sync: clock,
  transaction,
  registerMilliWh,
  ...(errorFlags !== '' && { errorFlags }),
});

/** The facts of a statement whose signed text is formed again from them; undefined for any other meter's. */
const factsOf = (
  { payloadText, page, tariffText, signature }: OcmfDocument,
  evseId: string,
  sessionId: string,
  begin: BillingReading,
  end: BillingReading,
): SignedStatement | undefined => {
  const fields = own.safeParse(JSON.parse(payloadText));
  if (!fields.success) return undefined;
  const { GI, GS, GV, MV, MM, MS, MF } = fields.data;
  const gateway = { model: GI, serial: GS, version: GV };
  const meter = { vendor: MV, model: MM, serial: MS, firmware: MF };
  const tariff = tariffText === undefined ? {} : { tariffText };
  const formed = ocmfPayload({
    gateway,
    meter,
    page: page.number,
    evseId,
    sessionId,
    ...tariff,
    readings: [factOf('B', begin), factOf('E', end)],
  });
  if (formed !== payloadText) return undefined;
  return {
    form: 'facts',
    gateway,
    meter,
    page: page.number,
    signature: signature.toString('base64'),
    ...tariff,
  };
};

/** The begin reading that a session's end statement holds too, so that the other one is not needed. */
const beginIn = (document: OcmfDocument, begin: Stated): BillingReading | undefined => {
  const signed = billingReading(document, 'begin');
  return signed.ok && isStated(begin, signed.value) ? signed.value : undefined;
};

/** A session's two ends as stations bring them. */
export interface StatedEnds {
  readonly sessionId: string;
  readonly begin: Stated;
  readonly end: Stated;
  readonly signedStart: string;
  readonly signedEnd: string;
}

/**
 * What the close of a session carries of its meter's statements: facts where the signed text follows from them, whole
 * texts of any other meter. The start was checked when charging began.
 * @throws ServiceError METER_INVALID
 */
export const meteredSession = (meter: SessionMeter, ends: StatedEnds): Metered => {
  const { sessionId, begin, end, signedStart, signedEnd } = ends;
  const ended = checkStatement(signedEnd, meter, 'end', end, sessionId);
  const held = beginIn(ended.document, begin);
  if (held !== undefined) {
    const facts = factsOf(ended.document, meter.evseId, sessionId, held, ended.reading);
    return { statement: facts ?? { form: 'ocmf', end: signedEnd }, begin: held, end: ended.reading };
  }
  const began = parseOcmf(signedStart);
  const reading = began.ok ? billingReading(began.value, 'begin') : began;
  if (!reading.ok) throw gatewayError('METER_INVALID', `begin: ${reading.error.message}`);
  if (reading.value.register !== ended.reading.register)
    throw gatewayError('METER_INVALID', 'end: the meter signed another register than at the begin');
  return {
    statement: { form: 'ocmf', end: signedEnd, start: signedStart },
    begin: reading.value,
    end: ended.reading,
  };
};
