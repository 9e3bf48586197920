import { createPrivateKey, sign } from 'node:crypto';
import {
  canonicalText,
  cdrPage,
  computeCdr,
  ocmfPayload,
  sessionCloseBody,
  settledText,
  stationEntry,
  type Cdr,
  type RecordedReading,
} from '@roamgrid/wire';
import {
  EVSE,
  makeConsent,
  makeKey,
  makeOffer,
  makeQuote,
  nextSessionId,
  STATION,
  stationOf,
  terms,
} from '@roamgrid/service-kit/testing';

const MINUTE_MS = 60_000;
const BEGAN_MS = Date.UTC(2026, 6, 14, 8);
const METER_KEY = makeKey('meter-1');
const KEYS = { station: makeKey('station-1'), visited: makeKey('duk-1') };

/** 0.30 a kWh, 1.20 an hour parked, and 7 % tax. */
const TARIFF_JSON =
  '{"country_code":"US","currency":"USD","elements":[{"price_components":[{"price":0.3,"step_size":1,"type":"ENERGY","vat":7},{"price":1.2,"step_size":1,"type":"PARKING_TIME","vat":7}]}],"id":"USDUK-tou","last_updated":"2026-01-01T00:00:00Z","party_id":"DUK"}';

/** A settled session at Duke's outlet: 40 minutes of charging, 20 of parking, as its meter signed it. */
export const settleSession = async (cinRef: string) => {
  const sessionId = nextSessionId();
  const quote = makeQuote({ adjustmentPpm: 0n }, makeOffer({ sessionId }), {
    issuedAtMs: BEGAN_MS - 1_000,
    validUntilMs: BEGAN_MS + MINUTE_MS,
  });
  const opened = { evidence: 'e30.e30.e30', cinRef };
  const { openBody } = await makeConsent(KEYS, quote, opened, { consentedAtMs: BEGAN_MS });
  const reading = (minutes: number, registerMilliWh: bigint, charging: boolean): RecordedReading => ({
    atMs: BEGAN_MS + 1_000 + minutes * MINUTE_MS,
    registerMilliWh,
    charging,
  });
  const first = reading(0, 5_000_000_000n, true);
  const last = reading(60, 5_012_345_600n, false);
  const readings = [first, reading(20, 5_007_000_000n, true), reading(40, 5_012_345_600n, false), last];
  const facts = {
    gateway: { model: 'station', serial: 'duk-1', version: '1' },
    meter: { firmware: '1', model: 'M', serial: 'meter-1', vendor: 'Roamgrid' },
    page: 1,
  };
  const signed = (transaction: 'B' | 'E', { atMs, registerMilliWh }: RecordedReading) =>
    ({ atMs, sync: 'S', transaction, registerMilliWh }) as const;
  const payload = ocmfPayload({
    ...facts,
    evseId: EVSE,
    sessionId,
    readings: [signed('B', first), signed('E', last)],
  });
  const key = createPrivateKey({ key: { ...METER_KEY }, format: 'jwk' });
  const signature = sign('sha256', Buffer.from(payload, 'utf8'), key).toString('base64');
  const closeText = canonicalText(sessionCloseBody, {
    sessionId,
    endReason: 'driver',
    readings,
    statement: { form: 'facts', ...facts, signature },
    salt: '5a'.repeat(32),
  });
  const computed = computeCdr({
    laneSequence: 1,
    quote,
    readings,
    tariffJson: TARIFF_JSON,
    terms: terms(),
    endReason: 'driver',
    meteredBy: 'meter',
  });
  if (!computed.ok) throw new Error(computed.error.message);
  return { cdr: computed.value, openBody, settledBody: settledText(closeText, openBody), cinRef };
};

export type SettledSession = Awaited<ReturnType<typeof settleSession>>;

/** The gateway's answers about it, in wire form. */
export const gatewaySays = ({ cdr, openBody, settledBody, cinRef }: SettledSession) => {
  const item = (of: Cdr) => ({
    cursor: '1',
    cdr: of,
    cinRef,
    authorisedBy: 'home' as const,
    consentBy: 'station' as const,
    stationId: STATION,
    openedAtMs: BEGAN_MS,
    openBody,
    batchId: 'batch-1',
    blockNumber: '7',
  });
  return {
    page: cdrPage.encode({ items: [item(cdr)], cursor: '1' }),
    settledBody,
    station: stationEntry.encode({ station: stationOf(KEYS.station, METER_KEY), asOfBlock: 7 }),
    tariff: {
      tariff: {
        type: 'tariff',
        version: 1,
        tariffId: cdr.tariffId,
        utilityId: cdr.vun,
        tariffJson: TARIFF_JSON,
        validFromMs: 0,
        validUntilMs: 4_000_000_000_000,
        publishedAtMs: 0,
      },
    },
  };
};
