import {
  billingReading,
  isAsSigned,
  isStatementSigned,
  meterPublicKey,
  signingMeterKey,
  verifyOcmf,
  type EvseRecord,
  type OcmfDocument,
  type RecordedReading,
  type SignedStatement,
} from '@roamgrid/wire';
import { endsOf, outletOf, type Check, type ReviewedRecord } from '../record.ts';

type MeterKey = EvseRecord['meterKeys'][number];
type Side = readonly ['begin' | 'end', RecordedReading];

type StatementFacts = Extract<SignedStatement, { form: 'facts' }>;
type StatementTexts = Extract<SignedStatement, { form: 'ocmf' }>;

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

/** A statement of a meter of ours, whose text is formed again from its facts. */
const factsFault = (
  record: ReviewedRecord,
  { gateway, meter, page, tariffText, signature }: StatementFacts,
  key: MeterKey,
): string | undefined => {
  const [first, last] = endsOf(record);
  const stated = {
    gateway,
    meter,
    page,
    evseId: record.settled.open.quote.evseId,
    sessionId: record.settled.close.sessionId,
    ...(tariffText !== undefined && { tariffText }),
    readings: [signedReading('B', first), signedReading('E', last)],
  };
  return isStatementSigned(stated, Buffer.from(signature, 'base64'), meterPublicKey(key))
    ? undefined
    : 'the meter did not sign these readings for this session';
};

const readingFault = (document: OcmfDocument, [side, stated]: Side): string | undefined => {
  const signed = billingReading(document, side);
  if (!signed.ok) return `${side}: ${signed.error.message}`;
  return isAsSigned(stated, signed.value) ? undefined : `the ${side} is not the one that the meter signed`;
};

/** Statements of any other meter, whole. */
const textsFault = (
  record: ReviewedRecord,
  { start, end }: StatementTexts,
  key: MeterKey,
): string | undefined => {
  const { sessionId } = record.settled.close;
  const [first, last] = endsOf(record);
  const sides: readonly (readonly [string, Side])[] = [
    [start ?? end, ['begin', first]],
    [end, ['end', last]],
  ];
  for (const [text, side] of sides) {
    const opened = verifyOcmf(text, meterPublicKey(key));
    if (!opened.ok) return `${side[0]}: ${opened.error.message}`;
    const { meterSerial, centralId = sessionId } = opened.value;
    if (meterSerial !== key.meterId) return 'the statement is of another meter than the outlet had';
    if (centralId !== sessionId) return 'the meter signed for another session';
    const fault = readingFault(opened.value, side);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** The outlet's meter signed what is billed, or its operator for it, for this session, and the record says who. */
export const meterSignature: Check = (record, ground) => {
  const { open, close } = record.settled;
  const { statement } = close;
  const key = signingMeterKey(statement, outletOf(record, ground)?.meterKeys ?? [], open.openedAtMs);
  const wrong =
    key === undefined
      ? 'the outlet had no meter of the statement’s when the session opened'
      : key.signedBy !== record.cdr.meteredBy
        ? `the record says that the ${record.cdr.meteredBy} vouches, and the key is the ${key.signedBy}’s`
        : statement.form === 'facts'
          ? factsFault(record, statement, key)
          : textsFault(record, statement, key);
  return wrong === undefined
    ? undefined
    : {
        reason: 'METER_SIGNATURE',
        statement: wrong,
        figures: { evseId: open.quote.evseId, meterId: key?.meterId ?? '' },
      };
};
