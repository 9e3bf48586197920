import {
  billingReading,
  isAsSigned,
  isStatementSigned,
  isUnsigned,
  meterPublicKey,
  signingMeterKey,
  verifyOcmf,
  type BillingRegister,
  type DatedMeterKey,
  type MeterStatement,
  type OcmfDocument,
  type RecordedReading,
  type SessionCloseBody,
  type StationRecord,
} from '@roamgrid/wire';
import { ensure, refuse } from '../context/index.ts';

type Evse = StationRecord['evses'][number];

/** What was signed of a session's readings, and by whom. */
export interface Metered {
  /** The key that verified the end statement: its `signedBy` is the record's `meteredBy`, whatever a body states. */
  readonly meterKey: DatedMeterKey;
  /** Of a meter alone: what its operator signs with the readings binds no consent. */
  readonly tariffText?: string;
}

/** A session as its statements are checked. */
export interface MeteredSession {
  readonly close: SessionCloseBody;
  readonly evse: Evse;
  readonly openedAtMs: number;
}

const meteredOf = (meterKey: DatedMeterKey, tariffText: string | undefined): Metered => ({
  meterKey,
  ...(meterKey.signedBy === 'meter' && tariffText !== undefined && { tariffText }),
});

const ends = ({ readings }: SessionCloseBody): readonly [RecordedReading, RecordedReading] => {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  return [first, last];
};

const requireReading = (
  document: OcmfDocument,
  side: 'begin' | 'end',
  stated: RecordedReading,
): BillingRegister => {
  const signed = billingReading(document, side);
  if (!signed.ok) return refuse('BAD_SIGNATURE', `${side}: ${signed.error.code}: ${signed.error.message}`);
  ensure(
    isAsSigned(stated, signed.value),
    'CDR_MISMATCH',
    `the ${side} reading is not the one that the meter signed`,
  );
  return signed.value.register;
};

/** Statements of any meter, whole. They must be bound to the session by the meter itself. */
const requireTexts = (
  { close, evse }: MeteredSession,
  meterKey: DatedMeterKey,
  { start, end }: { readonly start?: string; readonly end: string },
): Metered => {
  const open = (text: string, side: string): OcmfDocument => {
    const opened = verifyOcmf(text, meterPublicKey(meterKey));
    if (!opened.ok) return refuse('BAD_SIGNATURE', `${side}: ${opened.error.code}: ${opened.error.message}`);
    const { meterSerial, evseId, page, centralId } = opened.value;
    ensure(
      meterSerial === meterKey.meterId && (evseId ?? evse.evseId) === evse.evseId && page.context === 'T',
      'BAD_SIGNATURE',
      `${side}: the statement is not of a transaction at this outlet's meter`,
    );
    ensure(
      centralId === undefined || centralId === close.sessionId,
      'BAD_SIGNATURE',
      `${side}: the meter signed for another session`,
    );
    return opened.value;
  };
  const ended = open(end, 'end');
  const began = start === undefined ? ended : open(start, 'start');
  ensure(
    began === ended || began.page.number < ended.page.number,
    'BAD_SIGNATURE',
    'the meter signed the end before the start',
  );
  const [first, last] = ends(close);
  ensure(
    requireReading(began, 'begin', first) === requireReading(ended, 'end', last),
    'BAD_SIGNATURE',
    'the meter signed the end of another register than the begin',
  );
  return meteredOf(meterKey, ended.tariffText);
};

/**
 * Checks that a session's readings begin and end with what the outlet's meter signed, or its operator for it. Those between are bounded by the
 * two because registers and times only grow, which the rating checks. A statement that does not name the session can
 * bill it only once all the same, because a meter's registers only ascend from session to session.
 */
export const requireMetering = (session: MeteredSession): Metered => {
  const { close, evse, openedAtMs } = session;
  const { statement } = close;
  const meterKey = signingMeterKey(statement, evse.meterKeys, openedAtMs);
  if (meterKey === undefined)
    return refuse(
      'BAD_SIGNATURE',
      `${close.sessionId}: the outlet had no key of the meter that the statement names when the session opened`,
    );
  ensure(
    close.readings.slice(1, -1).every(isUnsigned),
    'CDR_MISMATCH',
    `${close.sessionId}: a reading between the signed ones claims flags that no meter signed`,
  );
  if (statement.form === 'ocmf') return requireTexts(session, meterKey, statement);
  const { gateway, meter, page, tariffText, signature } = statement;
  const [first, last] = ends(close);
  const signedReading = (
    transaction: 'B' | 'E',
    { atMs, registerMilliWh, clock, errorFlags }: RecordedReading,
  ) => ({
    atMs,
    sync: clock ?? ('S' as const),
    transaction,
    registerMilliWh,
    ...(errorFlags && { errorFlags }),
  });
  const stated: MeterStatement = {
    gateway,
    meter,
    page,
    evseId: evse.evseId,
    sessionId: close.sessionId,
    ...(tariffText !== undefined && { tariffText }),
    readings: [signedReading('B', first), signedReading('E', last)],
  };
  ensure(
    isStatementSigned(stated, Buffer.from(signature, 'base64'), meterPublicKey(meterKey)),
    'BAD_SIGNATURE',
    `${close.sessionId}: the meter did not sign these readings for this session`,
  );
  return meteredOf(meterKey, tariffText);
};
