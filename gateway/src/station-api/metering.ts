import {
  billingReading,
  keysAt,
  LEDGER_LIMITS,
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

/** Who may sign an outlet's readings for a session, as it was when it began: what was changed since does not count. */
export interface SessionMeter {
  readonly evseId: string;
  readonly keys: readonly DatedMeterKey[];
}

/** @throws ServiceError STATION_UNAVAILABLE when there was no such outlet or meter */
export const meterAt = (station: StationRecord, evseId: string, atMs: number): SessionMeter => {
  const evse = outletAt(station, evseId, atMs);
  const keys = keysAt(evse?.meterKeys ?? [], atMs);
  if (keys.length === 0)
    throw gatewayError('STATION_UNAVAILABLE', `there is no metered outlet ${evseId} here`);
  return { evseId, keys };
};

type Stated = Pick<MeterReading, 'atMs' | 'registerMilliWh'>;

const isStated = (stated: Stated, { atMs, registerMilliWh }: BillingReading): boolean =>
  atMs === stated.atMs && registerMilliWh === stated.registerMilliWh;

/** A statement that was verified, with the reading that it makes about one side of a session. */
interface Statement {
  /** The registered key that verified it. */
  readonly key: DatedMeterKey;
  readonly document: OcmfDocument;
  readonly reading: BillingReading;
}

type Side = 'begin' | 'end';

const refuse = (side: Side, why: string) => gatewayError('METER_INVALID', `${side}: ${why}`);

const readingOf = (document: OcmfDocument, side: Side): BillingReading => {
  const signed = billingReading(document, side);
  if (!signed.ok) throw refuse(side, signed.error.message);
  return signed.value;
};

/** A statement that one of the outlet's keys signed for a session. @throws ServiceError METER_INVALID */
const openStatement = (
  text: string,
  { evseId, keys }: SessionMeter,
  side: Side,
  sessionId: string,
): Statement => {
  const parsed = parseOcmf(text);
  if (!parsed.ok) throw refuse(side, parsed.error.message);
  const { meterSerial, page, centralId } = parsed.value;
  const key = keys.find(({ meterId }) => meterId === meterSerial);
  if (key === undefined || (parsed.value.evseId ?? evseId) !== evseId || page.context !== 'T')
    throw refuse(side, 'the statement is not of a transaction at this outlet’s meter');
  const opened = verifyOcmf(text, meterPublicKey(key));
  if (!opened.ok) throw refuse(side, opened.error.message);
  if (centralId !== undefined && centralId !== sessionId)
    throw refuse(side, 'the meter bound its statement to another session');
  return { key, document: opened.value, reading: readingOf(opened.value, side) };
};

/**
 * Checks that a signed statement of the outlet's meter, or of its operator, says what the station states.
 * @throws ServiceError METER_INVALID
 */
export const checkStatement = (
  text: string,
  meter: SessionMeter,
  side: Side,
  stated: Stated,
  sessionId: string,
): Statement => {
  const statement = openStatement(text, meter, side, sessionId);
  if (!isStated(stated, statement.reading))
    throw refuse(side, 'the meter signed another reading than the one stated');
  return statement;
};

/** What was signed of a session's two ends, as its close carries it. */
export interface Metered {
  readonly meterKey: DatedMeterKey;
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
  { payloadText, page, tariffText, signature, curve }: OcmfDocument,
  evseId: string,
  sessionId: string,
  begin: BillingReading,
  end: BillingReading,
): SignedStatement | undefined => {
  if (curve !== 'prime256v1') return undefined;
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

/** A session's two ends as stations bring them. */
export interface StatedEnds {
  readonly sessionId: string;
  readonly openedAtMs: number;
  readonly begin: Stated;
  readonly end: Stated;
  /** With the start; without it the begin is what `signedEnd`, or `lateStart`, says. */
  readonly signedStart?: string;
  /** The begin's statement, where it came with the end. */
  readonly lateStart?: string;
  readonly signedEnd: string;
}

const meteredByOne = (
  ended: Statement,
  begin: BillingReading,
  { evseId }: SessionMeter,
  { sessionId, signedEnd }: StatedEnds,
): Metered => ({
  meterKey: ended.key,
  statement: factsOf(ended.document, evseId, sessionId, begin, ended.reading) ?? {
    form: 'ocmf',
    end: signedEnd,
  },
  begin,
  end: ended.reading,
});

/** Both statements, of one register of one meter. */
const meteredByTwo = (
  began: Statement,
  ended: Statement,
  signedStart: string,
  { signedEnd }: StatedEnds,
): Metered => {
  if (began.key !== ended.key || began.reading.register !== ended.reading.register)
    throw refuse('end', 'the meter signed another register than at the begin');
  if (began.document.page.number >= ended.document.page.number)
    throw refuse('end', 'the meter signed the end before the begin');
  return {
    meterKey: ended.key,
    statement: { form: 'ocmf', end: signedEnd, start: signedStart },
    begin: began.reading,
    end: ended.reading,
  };
};

const isNear = (atMs: number, otherMs: number): boolean =>
  Math.abs(atMs - otherMs) <= LEDGER_LIMITS.clockSkewMs;

/** A meter that signs at the end alone: what it says of both ends replaces what the station read, near in time. */
const meteredAtEnd = (meter: SessionMeter, ends: StatedEnds): Metered => {
  const { sessionId, openedAtMs, end, lateStart, signedEnd } = ends;
  const ended = openStatement(signedEnd, meter, 'end', sessionId);
  if (!isNear(ended.reading.atMs, end.atMs))
    throw refuse('end', 'the meter signed an end at another time than the one stated');
  const metered =
    lateStart === undefined
      ? meteredByOne(ended, readingOf(ended.document, 'begin'), meter, ends)
      : meteredByTwo(openStatement(lateStart, meter, 'begin', sessionId), ended, lateStart, ends);
  if (!isNear(metered.begin.atMs, openedAtMs))
    throw refuse('begin', 'the meter’s clock is not near the time of the consent');
  if (metered.begin.atMs >= metered.end.atMs) throw refuse('end', 'the meter signed an end before its begin');
  return metered;
};

/**
 * What the close of a session carries of its meter's statements: facts where the signed text follows from them, whole
 * texts of any other meter.
 * @throws ServiceError METER_INVALID
 */
export const meteredSession = (meter: SessionMeter, ends: StatedEnds): Metered => {
  const { sessionId, begin, end, signedStart, signedEnd } = ends;
  if (signedStart === undefined) return meteredAtEnd(meter, ends);
  const ended = checkStatement(signedEnd, meter, 'end', end, sessionId);
  const held = billingReading(ended.document, 'begin');
  // The end's statement often holds the begin too, so that the other one is not needed.
  if (held.ok && isStated(begin, held.value)) return meteredByOne(ended, held.value, meter, ends);
  return meteredByTwo(
    checkStatement(signedStart, meter, 'begin', begin, sessionId),
    ended,
    signedStart,
    ends,
  );
};
