import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import {
  agreementRecord,
  canonicalText,
  computeCdr,
  ocmfPayload,
  parseSettled,
  sessionCloseBody,
  settledText,
  signOcmf,
  type AgreementTerms,
  type MeteredBy,
  type Quote,
  type RecordedReading,
  type SessionCloseBody,
} from '@roamgrid/wire';
import {
  AGREEMENT,
  EVSE,
  HOME,
  makeConsent,
  makeKey,
  makeOffer,
  makeQuote,
  nextSessionId,
  stationOf,
  terms as usualTerms,
  VISITED,
  type TestKey,
} from '@roamgrid/service-kit/testing';
import type { RecordGround, ReviewedRecord } from '../review/record.ts';

/** Settled sessions at one outlet, with the record that each comes to. */

export const HOUR_MS = 3_600_000;
/** When the sessions of these tests happen. */
export const BASE_MS = Date.UTC(2026, 6, 14, 8);
export const CIN_REF = 'c1'.repeat(32);

/** Of the outlet's meter. */
export const METER_KEY = makeKey('meter-1');
const KEYS = { station: makeKey('station-1'), visited: makeKey('duk-1') };
export const STATION_HERE = stationOf(KEYS.station, METER_KEY);

/** 0.30 a kWh and 7 % tax. */
export const TARIFF_JSON = `{"country_code":"US","currency":"USD","elements":[{"price_components":[{"price":0.3,"step_size":1,"type":"ENERGY","vat":7}]}],"id":"USDUK-tou","last_updated":"2026-01-01T00:00:00Z","party_id":"DUK"}`;

export const groundOf = (changes: Partial<RecordGround> = {}): RecordGround => ({
  agreement: agreementRecord.parse({
    type: 'agreement',
    version: 1,
    agreementId: AGREEMENT,
    parties: [HOME, VISITED].sort(),
    termsHash: '0'.repeat(64),
    validFromMs: 0,
    validUntilMs: BASE_MS + 1_000 * HOUR_MS,
    endNoticeMs: 0,
    state: 'active',
    signedBy: [HOME, VISITED].sort(),
  }),
  terms: usualTerms(),
  station: STATION_HERE,
  tariffJson: TARIFF_JSON,
  nowMs: BASE_MS + 500 * HOUR_MS,
  ...changes,
});

export interface SettledOptions {
  readonly laneSequence?: number;
  readonly sessionId?: string;
  readonly openedAtMs?: number;
  readonly lengthMs?: number;
  readonly energyWh?: bigint;
  readonly fromWh?: bigint;
  readonly cinRef?: string;
  readonly quote?: Partial<Quote>;
  readonly terms?: AgreementTerms;
  /** Whose meter signs. */
  readonly meterKey?: TestKey;
  /** The meter that the statement names; the outlet's own when absent. */
  readonly meterId?: string;
  readonly meteredBy?: MeteredBy;
  /** Registers that the meter signs, where they are not those that are told. */
  readonly signedEndWh?: bigint;
  readonly clock?: RecordedReading['clock'];
  /** The meter is another maker's: its statements travel whole, and name this session. */
  readonly statedFor?: string;
}

const GATEWAY = { model: 'station', serial: 'duk-1', version: '1' };
const METER = { firmware: '1', model: 'M', serial: 'meter-1', vendor: 'Roamgrid' };

const statementOf = (
  { sessionId, statedFor, clock, meterId }: SettledOptions & { readonly sessionId: string },
  key: KeyObject,
  first: RecordedReading,
  last: RecordedReading,
): SessionCloseBody['statement'] => {
  const signed = (transaction: 'B' | 'E', { atMs, registerMilliWh }: RecordedReading) =>
    ({ atMs, sync: clock ?? 'S', transaction, registerMilliWh }) as const;
  const meter = { ...METER, ...(meterId !== undefined && { serial: meterId }) };
  const common = { gateway: GATEWAY, meter, evseId: EVSE };
  if (statedFor !== undefined) {
    const one = (page: number, reading: ReturnType<typeof signed>) =>
      signOcmf({ ...common, page, sessionId: statedFor, readings: [reading] }, key);
    return { form: 'ocmf', start: one(1, signed('B', first)), end: one(2, signed('E', last)) };
  }
  const readings = [signed('B', first), signed('E', last)];
  const payload = ocmfPayload({ ...common, page: 1, sessionId, readings });
  const signature = sign('sha256', Buffer.from(payload, 'utf8'), key).toString('base64');
  return { form: 'facts', gateway: GATEWAY, meter, page: 1, signature };
};

let registerWh = 1_000_000n;

/** A session of an hour and 10 kWh, when nothing else is said; the next one begins where it ended. */
export const settledRecord = async (options: SettledOptions = {}): Promise<ReviewedRecord> => {
  const {
    laneSequence = 1,
    sessionId = nextSessionId(),
    openedAtMs = BASE_MS,
    lengthMs = HOUR_MS,
    energyWh = 10_000n,
    fromWh = registerWh,
    cinRef = CIN_REF,
    terms = usualTerms(),
    meterKey = METER_KEY,
    signedEndWh = fromWh + energyWh,
    clock,
  } = options;
  registerWh = fromWh + energyWh;
  const quote = makeQuote({ adjustmentPpm: 0n }, makeOffer({ sessionId }), {
    issuedAtMs: openedAtMs - 1_000,
    validUntilMs: openedAtMs + 60_000,
    capMicros: 12_000_000n,
    ...options.quote,
  });
  const { openBody } = await makeConsent(
    KEYS,
    quote,
    { evidence: 'e30.e30.e30', cinRef },
    { consentedAtMs: openedAtMs },
  );
  const reading = (atMs: number, wh: bigint, charging: boolean): RecordedReading => ({
    atMs,
    registerMilliWh: wh * 1_000n,
    charging,
    ...(clock && { clock }),
  });
  const first = reading(openedAtMs + 1_000, fromWh, true);
  const last = reading(openedAtMs + 1_000 + lengthMs, fromWh + energyWh, false);
  const close: SessionCloseBody = {
    sessionId,
    endReason: 'driver',
    readings: [first, last],
    statement: statementOf(
      { ...options, sessionId },
      createPrivateKey({ key: { ...meterKey }, format: 'jwk' }),
      first,
      { ...last, registerMilliWh: signedEndWh * 1_000n },
    ),
    salt: '5a'.repeat(32),
  };
  const settled = parseSettled(settledText(canonicalText(sessionCloseBody, close), openBody));
  const computed = computeCdr({
    laneSequence,
    quote: settled.open.quote,
    readings: settled.close.readings,
    tariffJson: TARIFF_JSON,
    terms,
    endReason: 'driver',
    meteredBy: options.meteredBy ?? 'meter',
  });
  if (!computed.ok) throw new Error(computed.error.message);
  return { cdr: computed.value, settled };
};
