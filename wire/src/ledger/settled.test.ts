import assert from 'node:assert/strict';
import { bodyHash, canonicalText } from '../signature/body-hash.ts';
import {
  quote,
  sessionCloseBody,
  sessionOpenBody,
  type SessionCloseBody,
  type SessionOpenBody,
} from './session.ts';
import { parseOpened, parseSettled, SettledMalformed, settledText } from './settled.ts';

const ID = 'USDUK-USALP-g0-1';
const OPEN: SessionOpenBody = {
  sessionId: ID,
  cinRef: 'c'.repeat(64),
  authorisedBy: 'home',
  evidence: 'a.b.c',
  offer: {
    estimateMicros: 1n,
    maxAdjustmentPpm: 0n,
    maxMicrosPerKWh: 2n,
    minAdjustmentPpm: -3n,
    minMicrosPerKWh: 2n,
    requestedEnergyWh: 4n,
    validUntilMs: 5,
  },
  quote: {
    channel: 'roaming',
    sessionId: ID,
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: 'a',
    stationId: 's',
    evseId: 'US*DUK*E0001*1',
    tariffId: 't',
    tariffVersion: 1,
    adjustmentPpm: -1n,
    currency: 'USD',
    requestedEnergyWh: 10n ** 30n,
    plannedMs: 1,
    estimateMicros: 1n,
    capMicros: 2n,
    zoneOffsets: [{ fromMs: 0, offsetMinutes: -240 }],
    issuedAtMs: 1,
    validUntilMs: 2,
  },
  consent: { consentedAtMs: 1, kid: 'k', method: 'kiosk', signature: 's'.repeat(86) },
  openedAtMs: 2,
  salt: 'd'.repeat(64),
};
const CLOSE: SessionCloseBody = {
  sessionId: ID,
  endReason: 'driver',
  readings: [
    { atMs: 2, registerMilliWh: 1n, charging: true },
    { atMs: 3, registerMilliWh: 2n, charging: false },
  ],
  statement: { form: 'ocmf', end: 'OCMF|{}|{}' },
  salt: 'e'.repeat(64),
};
const OPEN_TEXT = canonicalText(sessionOpenBody, OPEN);
const TEXT = settledText(canonicalText(sessionCloseBody, CLOSE), OPEN_TEXT);

describe('a settled session’s text', () => {
  it('reads as the two bodies, with the opening’s and the quote’s texts as they were hashed', () => {
    const read = parseSettled(TEXT);
    assert.deepEqual([read.open, read.close], [OPEN, CLOSE]);
    assert.equal(read.openText, OPEN_TEXT);
    assert.equal(bodyHash(read.quoteText), bodyHash(canonicalText(quote, OPEN.quote)));
    assert.deepEqual(parseOpened(OPEN_TEXT), { open: OPEN, openText: OPEN_TEXT, quoteText: read.quoteText });
  });

  it('is refused in every other form and with every wrong value', () => {
    const forms: readonly (readonly [string, string])[] = [
      ['no JSON', TEXT.slice(1)],
      ['a space', TEXT.replace(':', ': ')],
      ['a doubled key', TEXT.replace('{"close"', '{"close":{},"close"')],
      ['an escape', TEXT.replace('"driver"', '"\\u0064river"')],
      ['a number as an exponent', TEXT.replace('"openedAtMs":2', '"openedAtMs":2e0')],
      ['an unknown field', TEXT.replace('"endReason"', '"more":1,"endReason"')],
      ['a field less', TEXT.replace('"endReason":"driver",', '')],
      ['a negative register', TEXT.replace('"registerMilliWh":"1"', '"registerMilliWh":"-1"')],
      ['a hexadecimal register', TEXT.replace('"registerMilliWh":"1"', '"registerMilliWh":"0x1"')],
      ['a register as a number', TEXT.replace('"registerMilliWh":"1"', '"registerMilliWh":1')],
      ['a time before the epoch', TEXT.replace('"openedAtMs":2', '"openedAtMs":-2')],
      ['a time that is no integer', TEXT.replace('"openedAtMs":2', '"openedAtMs":2.5')],
      ['a time of another unit', TEXT.replace('"openedAtMs":2', '"openedAtMs":7258118400001')],
      ['one reading', TEXT.replace(/\{"atMs":2,[^}]*\},/, '')],
      ['another method', TEXT.replace('"kiosk"', '"card"')],
      ['an id that is none', TEXT.replaceAll(ID, 's1')],
      ['__proto__', TEXT.replace('"endReason"', '"__proto__":{},"endReason"')],
    ];
    for (const [what, text] of forms) {
      assert.notEqual(text, TEXT, what);
      assert.throws(() => parseSettled(text), SettledMalformed, what);
    }
    assert.throws(() => parseOpened(TEXT), SettledMalformed);
    assert.throws(() => parseOpened(` ${OPEN_TEXT}`), SettledMalformed);
  });
});
