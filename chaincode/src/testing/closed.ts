import {
  bodyHash,
  canonicalText,
  computeCdr,
  consentBinding,
  consentSigningInput,
  ocmfPayload,
  quote as quoteSchema,
  sessionCloseBody,
  settledText,
  signOcmf,
  type AgreementTerms,
  type Cdr,
  type GridInput,
  type RecordedReading,
  type SessionCloseBody,
} from '@roamgrid/wire';
import { sign, type KeyObject } from 'node:crypto';
import { openedMsOf, PAST, type OpenedSession, type Pace } from './opened.ts';
import { saltOf, tariffJson, termsOf, type TestKey } from './parties.ts';

/** How sessions end, as their meters sign it. */

/** A part of a text, and what stands there instead. */
export type Rewritten = readonly [part: string, instead: string];

/** 30 kWh in an hour and a half, then 20 minutes parked. */
export const readingsOf = (
  number = 1,
  over: Partial<RecordedReading>[] = [],
  pace: Pace = PAST,
): readonly RecordedReading[] => {
  const openedAtMs = openedMsOf(number, pace);
  const startMilliWh = BigInt(number) * 1_000_000_000n;
  const at = (hours: number) => openedAtMs + Math.round(hours * pace.hourMs);
  return [
    { atMs: at(0), registerMilliWh: startMilliWh, charging: true },
    { atMs: at(1 / 2), registerMilliWh: startMilliWh + 12_345_000n, charging: true },
    { atMs: at(1), registerMilliWh: startMilliWh + 22_001_000n, charging: true },
    { atMs: at(3 / 2), registerMilliWh: startMilliWh + 30_000_000n, charging: false },
    { atMs: at(11 / 6), registerMilliWh: startMilliWh + 30_000_000n, charging: false },
  ].map((reading, index) => ({ ...reading, ...over[index] }));
};

export interface CloseOptions {
  readonly readings?: readonly RecordedReading[];
  /** Readings that the meter signs, when they are not the stated ones. */
  readonly signed?: readonly RecordedReading[];
  readonly meterKey?: TestKey;
  readonly meterSerial?: string;
  /** Session that the meter signed for. */
  readonly signedFor?: string;
  /** The meter does not sign for the consent, so the contract verifies the station's signature. */
  readonly unbound?: true;
  /** Statements of another maker's meter, whole: one each for begin and end. */
  readonly texts?: {
    readonly pages?: readonly [number, number];
    readonly sessionId?: string;
    /** What stands in the begin's or the end's text instead of something else, before they are signed. */
    readonly begin?: Rewritten;
    readonly end?: Rewritten;
  };
  readonly body?: Partial<SessionCloseBody>;
  readonly endReason?: Cdr['endReason'];
}

export interface ClosedSession {
  readonly open: OpenedSession;
  readonly body: SessionCloseBody;
  readonly text: string;
  readonly hash: string;
}

const SAME: Rewritten = ['', ''];
const METER = { firmware: '1', model: 'M', vendor: 'Roamgrid' };

/** The same statement with a part of its text replaced, signed anew. */
const rewritten = (text: string, [part, instead]: Rewritten, key: KeyObject): string => {
  const payload = (text.split('|')[1] ?? '').replace(part, instead);
  const signature = sign('sha256', Buffer.from(payload, 'utf8'), key).toString('hex');
  return `OCMF|${payload}|{"SD":"${signature}"}`;
};

const statementOf = (
  { body: { quote, consent, sessionId }, site }: OpenedSession,
  signed: readonly RecordedReading[],
  options: CloseOptions,
): SessionCloseBody['statement'] => {
  const reading = (transaction: 'B' | 'E', found: RecordedReading | undefined) => {
    if (found === undefined) throw new Error('a session has readings');
    const { atMs, registerMilliWh, clock = 'S' as const, errorFlags } = found;
    return { atMs, sync: clock, transaction, registerMilliWh, ...(errorFlags && { errorFlags }) };
  };
  const begin = reading('B', signed[0]);
  const end = reading('E', signed.at(-1));
  const meter = { ...METER, serial: options.meterSerial ?? site.meterId };
  const gateway = { model: 'Roamgrid station', serial: site.stationId, version: '1' };
  const { evseId } = site;
  const { privateKey } = options.meterKey ?? site.meter;
  if (options.texts !== undefined) {
    const { pages = [1, 2], sessionId: named, begin: begun = SAME, end: closed = SAME } = options.texts;
    const one = (page: number, readings: readonly (typeof begin)[]) =>
      signOcmf(
        { gateway, meter, page, evseId, readings, ...(named !== undefined && { sessionId: named }) },
        privateKey,
      );
    return {
      form: 'ocmf',
      start: rewritten(one(pages[0], [begin]), begun, privateKey),
      end: rewritten(one(pages[1], [end]), closed, privateKey),
    };
  }
  const quoteHash = bodyHash(canonicalText(quoteSchema, quote));
  const consented = consentSigningInput(
    { channel: quote.channel, sessionId, quoteHash },
    consent,
    quote.stationId,
  );
  const tariffText = options.unbound === true ? undefined : consentBinding(consented);
  const payload = ocmfPayload({
    gateway,
    meter,
    page: 7,
    evseId,
    sessionId: options.signedFor ?? sessionId,
    ...(tariffText !== undefined && { tariffText }),
    readings: [begin, end],
  });
  return {
    form: 'facts',
    gateway,
    meter,
    page: 7,
    signature: sign('sha256', Buffer.from(payload, 'utf8'), privateKey).toString('base64'),
    ...(tariffText !== undefined && { tariffText }),
  };
};

export const closeSession = (open: OpenedSession, options: CloseOptions = {}): ClosedSession => {
  const { readings = readingsOf(open.number, [], open.pace) } = options;
  const body: SessionCloseBody = {
    sessionId: open.body.sessionId,
    endReason: options.endReason ?? 'driver',
    readings: [...readings],
    statement: statementOf(open, options.signed ?? readings, options),
    salt: saltOf(`close ${open.body.sessionId}`),
    ...options.body,
  };
  const text = settledText(canonicalText(sessionCloseBody, body), open.text);
  return { open, body, text, hash: bodyHash(text) };
};

export interface RatingOptions {
  readonly terms?: AgreementTerms;
  /** What the grid demanded, under terms that adapt to it. */
  readonly grid?: GridInput;
  readonly tariffText?: string;
  readonly meteredBy?: Cdr['meteredBy'];
}

/** The record of a closed session. */
export const cdrOf = (
  { open, body }: ClosedSession,
  laneSequence: number,
  { terms = termsOf(), grid, tariffText = tariffJson(), meteredBy = 'meter' }: RatingOptions = {},
): Cdr => {
  const computed = computeCdr({
    laneSequence,
    quote: open.body.quote,
    readings: body.readings,
    tariffJson: tariffText,
    terms,
    endReason: body.endReason,
    meteredBy,
    ...(grid && { grid }),
  });
  if (!computed.ok) throw new Error(computed.error.message);
  return computed.value;
};
