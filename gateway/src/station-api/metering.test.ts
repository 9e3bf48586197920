import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { publicJwk } from '@roamgrid/wire';
import { meteredSession, type SessionMeter } from './metering.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid: 'm' });
const meter: SessionMeter = {
  evseId: 'US*DUK*E1*1',
  keys: [{ ...jwk, meterId: 'M1', signedBy: 'meter', fromMs: 0 }],
};

const statement = (side: string, hour: number, kWh: string, obis: string, page = hour): string => {
  const payload = `{"PG":"T${page}","MS":"M1","RD":[{"TM":"2024-05-01T${hour}:00:00,000+0000 S","TX":"${side}","RV":${kWh},"RI":"${obis}","RU":"kWh","ST":"G"}]}`;
  return `OCMF|${payload}|{"SD":"${sign('sha256', Buffer.from(payload), privateKey).toString('hex')}"}`;
};
const ends = (beginObis: string, endObis: string) => ({
  sessionId: 'S1',
  openedAtMs: Date.UTC(2024, 4, 1, 10),
  begin: { atMs: Date.UTC(2024, 4, 1, 10), registerMilliWh: 1_000_000n },
  end: { atMs: Date.UTC(2024, 4, 1, 11), registerMilliWh: 2_500_000n },
  signedStart: statement('B', 10, '1', beginObis),
  signedEnd: statement('E', 11, '2.5', endObis),
});

describe('the statements of another maker’s meter', () => {
  it('are taken when both are of one register, whichever of those that count', () => {
    for (const obis of ['1-b:1.8.0', '01-00:B1.08.00*FF', '01-00:B3.08.00*FF'])
      assert.equal(meteredSession(meter, ends(obis, obis)).end.registerMilliWh, 2_500_000n, obis);
  });

  it('are refused when the end is of another register than the begin', () => {
    assert.throws(() => meteredSession(meter, ends('1-b:1.8.0', '01-00:B1.08.00*FF')), /another register/);
  });

  it('are refused when the meter signed the end before the begin', () => {
    const [obis, told] = ['1-b:1.8.0', ends('1-b:1.8.0', '1-b:1.8.0')];
    for (const page of [9, 10])
      assert.throws(
        () => meteredSession(meter, { ...told, signedEnd: statement('E', 11, '2.5', obis, page) }),
        /the end before the begin/,
      );
  });
});
