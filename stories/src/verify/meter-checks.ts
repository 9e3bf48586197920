import {
  billingReading,
  consentBinding,
  consentSigningInput,
  isAsSigned,
  isStatementSigned,
  isUnsigned,
  keysAt,
  meterPublicKey,
  outletAt,
  verifyOcmf,
  type BillingRegister,
  type ConsentGround,
  type DatedMeterKey,
  type MeterStatement,
  type OcmfDocument,
  type RecordedReading,
  type SessionCloseBody,
  type SessionOpenBody,
  type StationRecord,
} from '@roamgrid/wire';
import type { Check } from './check.ts';

/** What the meter's signature says of a session. */
interface MeterSaid {
  readonly begin: boolean;
  readonly end: boolean;
  readonly forSession: boolean;
  readonly tariffText?: string;
}

const NOTHING: MeterSaid = { begin: false, end: false, forSession: false };

type Statement = SessionCloseBody['statement'];

/** A statement of our own meters: what was signed is formed again, so one signature covers all of it or nothing. */
const saidByFacts = (
  { sessionId, readings }: SessionCloseBody,
  { gateway, meter, page, tariffText, signature }: Extract<Statement, { form: 'facts' }>,
  evseId: string,
  key: DatedMeterKey,
): MeterSaid => {
  const signed = (transaction: 'B' | 'E', { atMs, registerMilliWh, clock, errorFlags }: RecordedReading) => ({
    atMs,
    sync: clock ?? ('S' as const),
    transaction,
    registerMilliWh,
    ...(errorFlags !== undefined && { errorFlags }),
  });
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined || meter.serial !== key.meterId) return NOTHING;
  const stated: MeterStatement = {
    gateway,
    meter,
    page,
    evseId,
    sessionId,
    ...(tariffText !== undefined && { tariffText }),
    readings: [signed('B', first), signed('E', last)],
  };
  const good = isStatementSigned(stated, Buffer.from(signature, 'base64'), meterPublicKey(key));
  return {
    begin: good,
    end: good,
    forSession: good,
    ...(good && tariffText !== undefined && { tariffText }),
  };
};

/** The register that the document says the reading of; undefined when it says another reading. */
const registerSaid = (
  document: OcmfDocument | undefined,
  side: 'begin' | 'end',
  stated: RecordedReading,
): BillingRegister | undefined => {
  const signed = document && billingReading(document, side);
  return signed?.ok === true && isAsSigned(stated, signed.value) ? signed.value.register : undefined;
};

/** Statements of any other meter, whole. */
const saidByTexts = (
  { sessionId, readings }: SessionCloseBody,
  { start, end }: Extract<Statement, { form: 'ocmf' }>,
  evseId: string,
  key: DatedMeterKey,
): MeterSaid => {
  const [first] = readings;
  const last = readings.at(-1);
  const [begun, ended] = [start ?? end, end].map((text) => {
    const opened = verifyOcmf(text, meterPublicKey(key));
    const isOurs =
      opened.ok && opened.value.meterSerial === key.meterId && (opened.value.evseId ?? evseId) === evseId;
    return isOurs ? opened.value : undefined;
  });
  if (first === undefined || last === undefined) return NOTHING;
  const isForThis = (document: OcmfDocument | undefined): boolean =>
    document !== undefined && (document.centralId ?? sessionId) === sessionId;
  const beginRegister = registerSaid(begun, 'begin', first);
  const endRegister = registerSaid(ended, 'end', last);
  return {
    begin: beginRegister !== undefined,
    end: endRegister !== undefined && endRegister === (beginRegister ?? endRegister),
    forSession: isForThis(begun) && isForThis(ended),
    ...(ended?.tariffText !== undefined && { tariffText: ended.tariffText }),
  };
};

export interface Metering {
  readonly checks: readonly Check[];
  /** What the meter signed as its tariff's text. */
  readonly tariffText?: string;
}

/** The meter's signature, by the key that the outlet's meter had when the session opened. */
export const meterChecks = (
  open: SessionOpenBody,
  close: SessionCloseBody,
  station: StationRecord,
  ground: ConsentGround,
): Metering => {
  const evse = outletAt(station, open.quote.evseId, open.openedAtMs);
  const [key] = keysAt(evse?.meterKeys ?? [], open.openedAtMs);
  const { statement } = close;
  const said =
    evse === undefined || key === undefined
      ? NOTHING
      : statement.form === 'facts'
        ? saidByFacts(close, statement, evse.evseId, key)
        : saidByTexts(close, statement, evse.evseId, key);
  const meter = key?.meterId ?? '';
  const consented = consentSigningInput(ground, open.consent, open.quote.stationId);
  return {
    checks: [
      { name: `the meter ${meter} signed the begin reading`, ok: said.begin },
      { name: `the meter ${meter} signed the end reading`, ok: said.end },
      { name: 'the meter signed for no other session', ok: said.forSession },
      {
        name: 'no reading between the signed ones claims a meter’s flags',
        ok: close.readings.slice(1, -1).every(isUnsigned),
      },
      ...(said.tariffText === undefined
        ? []
        : [
            {
              name: 'the meter signed for exactly this consent',
              ok: said.tariffText === consentBinding(consented),
            },
          ]),
    ],
    ...(said.tariffText !== undefined && { tariffText: said.tariffText }),
  };
};
