import { createPrivateKey, sign } from 'node:crypto';
import {
  agreementGround,
  canonicalText,
  cdrPage,
  computeCdr,
  laneOf,
  ocmfPayload,
  sessionCloseBody,
  settledText,
  shownDispute,
  stationEntry,
  type AgreementRecord,
  type Cdr,
  type DisputeRecord,
  type Quote,
  type RecordedReading,
  type SessionCloseBody,
  type ShownDispute,
} from '@roamgrid/wire';
import {
  AGREEMENT,
  EVSE,
  issuerOf,
  makeConsent,
  makeKey,
  makeOffer,
  makeQuote,
  nextSessionId,
  STATION,
  stationOf,
  terms,
  VISITED,
} from '@roamgrid/service-kit/testing';
import { z } from 'zod';

const MINUTE_MS = 60_000;
const BEGAN_MS = Date.UTC(2026, 6, 14, 8);
const METER_KEY = makeKey('meter-1');
const KEYS = { station: makeKey('station-1'), visited: makeKey('duk-1') };

/** 0.30 a kWh, 1.20 an hour parked, and 7 % tax. */
const TARIFF_JSON =
  '{"country_code":"US","currency":"USD","elements":[{"price_components":[{"price":0.3,"step_size":1,"type":"ENERGY","vat":7},{"price":1.2,"step_size":1,"type":"PARKING_TIME","vat":7}]}],"id":"USDUK-tou","last_updated":"2026-01-01T00:00:00Z","party_id":"DUK"}';

const FROM_MILLI_WH = 5_000_000_000n;

const reading = (minutes: number, registerMilliWh: bigint, charging: boolean): RecordedReading => ({
  atMs: BEGAN_MS + 1_000 + minutes * MINUTE_MS,
  registerMilliWh,
  charging,
});

/** A close of the session as its meter signed it: 40 minutes of charging, 20 of parking. */
const closeOf = (sessionId: string, gainMilliWh: bigint): SessionCloseBody => {
  const to = FROM_MILLI_WH + gainMilliWh;
  const first = reading(0, FROM_MILLI_WH, true);
  const last = reading(60, to, false);
  const readings = [first, reading(20, 5_007_000_000n, true), reading(40, to, false), last];
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
  return {
    sessionId,
    endReason: 'driver',
    readings,
    statement: { form: 'facts', ...facts, signature },
    salt: '5a'.repeat(32),
  };
};

const rate = (quote: Quote, { readings, endReason }: SessionCloseBody): Cdr => {
  const computed = computeCdr({
    ...{ laneSequence: 1, quote, readings, tariffJson: TARIFF_JSON, terms: terms(), endReason },
    meteredBy: 'meter',
  });
  if (!computed.ok) throw new Error(computed.error.message);
  return computed.value;
};

/** A settled session at Duke's outlet. */
export const settleSession = async (cinRef: string) => {
  const sessionId = nextSessionId();
  const quote = makeQuote({ adjustmentPpm: 0n }, makeOffer({ sessionId }), {
    issuedAtMs: BEGAN_MS - 1_000,
    validUntilMs: BEGAN_MS + MINUTE_MS,
  });
  const opened = { evidence: 'e30.e30.e30', cinRef };
  const { openBody } = await makeConsent(KEYS, quote, opened, { consentedAtMs: BEGAN_MS });
  const close = closeOf(sessionId, 12_345_600n);
  const closeText = canonicalText(sessionCloseBody, close);
  return { cdr: rate(quote, close), quote, openBody, settledBody: settledText(closeText, openBody), cinRef };
};

/** What it comes to by another close that the meter signed. */
export const reviseSession = ({ cdr, quote }: SettledSession, gainMilliWh: bigint) => {
  const close = closeOf(cdr.sessionId, gainMilliWh);
  return { close, cdr: rate(quote, close) };
};

export type SettledSession = Awaited<ReturnType<typeof settleSession>>;

export const agreementOf = (): AgreementRecord => {
  const { agreement } = issuerOf(VISITED, makeKey('duk-1'), { oidcIssuer: '', aaaUrl: '' }, terms());
  if (agreement === undefined) throw new Error('it has one');
  return agreement;
};

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
    agreement: agreementGround.encode({ agreement: agreementOf(), terms: terms() }),
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

type Revised = ReturnType<typeof reviseSession>;

/** A dispute of it as the ledger has it. @param revised what it was answered; credited without one */
export const disputeChange = (
  { cdr }: SettledSession,
  of: Pick<DisputeRecord, 'state' | 'late'>,
  revised?: Revised,
) => {
  const { currency, energyWh, totalMicros, shares, sessionId, laneSequence, vun, hun } = cdr;
  const payable = (each: Cdr['shares']) => each.vun + each.infrastructure;
  const hash = 'ab'.repeat(32);
  const salt = '5a'.repeat(32);
  const nothing = { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n };
  const answered = revised?.cdr;
  const dispute: ShownDispute = {
    record: {
      ...{
        type: 'dispute',
        version: 1,
        disputeId: hash,
        invoiceId: 'inv-1',
        agreementId: AGREEMENT,
        vun,
        hun,
      },
      ...{ bodyHash: hash, disputedAtMs: BEGAN_MS, ...of },
      ...(of.state !== 'disputed' && { answerHash: hash, answeredAtMs: BEGAN_MS }),
    },
    body: {
      ...{ disputeId: hash, invoiceId: 'inv-1', laneId: laneOf(sessionId), laneSequence, sessionId },
      ...{ reason: 'DRIVER', evidenceHash: hash, currency, energyWh, totalMicros, shares, salt },
      payableMicros: payable(shares),
    },
    ...(of.state !== 'disputed' && {
      answer: {
        ...{ disputeId: hash, outcome: revised ? 'revised' : 'credited', evidenceHash: hash, currency, salt },
        energyWh: answered?.energyWh ?? 0n,
        totalMicros: answered?.totalMicros ?? 0n,
        shares: answered?.shares ?? nothing,
        payableMicros: payable(answered?.shares ?? nothing),
      },
    }),
    ...(revised && { revision: revised.close }),
  };
  return z.encode(shownDispute, dispute);
};
