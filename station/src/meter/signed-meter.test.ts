import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { billingReading, verifyOcmf } from '@roamgrid/wire';
import { SignedMeter } from './signed-meter.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SESSION = { sessionId: 'USDUK-USALP-g0-1', tariffText: 'roamgrid-consent x' };
const WMS_PER_WH = 3_600_000n;

const meterAt = (registerWms: bigint) =>
  new SignedMeter(
    { meterId: 'm1', evseId: 'US*DUK*E0001*1', gatewaySerial: 'g1', key: privateKey },
    { registerWms, page: 0 },
  );

const registerOf = (text: string, side: 'begin' | 'end') => {
  const verified = verifyOcmf(text, createPublicKey(privateKey));
  const reading = verified.ok ? billingReading(verified.value, side) : verified;
  if (!reading.ok) assert.fail(reading.error.message);
  return reading.value.registerMilliWh;
};

describe('the meter of an outlet', () => {
  it('shows and signs tenths of a watt-hour, and loses nothing of what is below', () => {
    const meter = meterAt(WMS_PER_WH / 4n);
    assert.equal(meter.registerMilliWh, 200n);
    assert.equal(meter.reading(1, true).registerMilliWh, 200n);
    const begin = meter.signed(1_700_000_000_000, 'B', SESSION);
    assert.match(begin, /"RV":0\.0002,/);
    meter.advance(WMS_PER_WH / 20n);
    const end = meter.signed(1_700_000_060_000, 'E', SESSION);
    assert.equal(registerOf(begin, 'begin'), 200n);
    assert.equal(registerOf(end, 'begin'), 200n);
    assert.equal(registerOf(end, 'end'), 300n);
  });

  it('signs what it is given of the consent with both readings', () => {
    const meter = meterAt(0n);
    for (const transaction of ['B', 'E'] as const) {
      const text = meter.signed(1_700_000_000_000, transaction, SESSION);
      assert.match(text, /"TT":"roamgrid-consent x"/);
      assert.match(text, /"ID":"USDUK-USALP-g0-1"/);
    }
  });
});
