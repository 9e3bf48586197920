import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { consent, DOCUMENT_TYPE, publicJwk, signDocument, signOcmf } from '@roamgrid/wire';
import { ocmfVerifies, openJws, rawOfDer, readingOf } from './signature.ts';

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = ({ publicKey }: ReturnType<typeof pair>, kid: string) =>
  publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid });

const meter = pair();
const statement = signOcmf(
  {
    gateway: { model: 'Roamgrid station', serial: 'DUK-1', version: '0.1.0' },
    meter: { vendor: 'Roamgrid', model: 'Simulated', serial: 'DUK-METER-1', firmware: '0.1.0' },
    page: 7,
    evseId: 'US*DUK*E0001*1',
    // Beyond 2^53: a register that went through a float would come out another.
    readings: [{ atMs: 1_700_000_000_250, sync: 'S', transaction: 'B', registerWh: 9_007_199_254_740_993n }],
  },
  meter.privateKey,
);

describe('a meter statement in the browser', () => {
  it('verifies with the meter’s key and with no other, and not when a digit changes', async () => {
    assert.equal(await ocmfVerifies(statement, jwkOf(meter, 'm1')), true);
    assert.equal(await ocmfVerifies(statement, jwkOf(pair(), 'm1')), false);
    assert.equal(await ocmfVerifies(statement.replace('740.993', '740.992'), jwkOf(meter, 'm1')), false);
    assert.equal(await ocmfVerifies(`${statement}|x`, jwkOf(meter, 'm1')), false);
  });

  it('gives its meter and its register without loss', () => {
    assert.deepEqual(readingOf(statement, 'begin'), {
      meterId: 'DUK-METER-1',
      registerWh: 9_007_199_254_740_993n,
    });
    assert.equal(readingOf(statement, 'end'), undefined);
    assert.equal(readingOf('OCMF|{}|{}', 'begin'), undefined);
  });
});

describe('an ECDSA signature in DER', () => {
  it('keeps both of its numbers in 64 bytes, whatever they begin with', () => {
    for (let i = 0; i < 300; i += 1) {
      const der = new Uint8Array(sign('sha256', Buffer.from(String(i)), meter.privateKey));
      const raw = rawOfDer(der);
      assert.equal(raw?.length, 64);
      const integer = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
      const lengthOfR = der[3] ?? 0;
      assert.equal(integer(raw.slice(0, 32)), integer(der.slice(4, 4 + lengthOfR)));
      assert.equal(integer(raw.slice(32)), integer(der.slice(6 + lengthOfR)));
    }
  });

  it('is refused when it is cut or goes on', () => {
    const der = new Uint8Array(sign('sha256', Buffer.from('x'), meter.privateKey));
    assert.equal(rawOfDer(der.slice(0, -1)), undefined);
    assert.equal(rawOfDer(new Uint8Array([...der, 0])), undefined);
    assert.equal(rawOfDer(new Uint8Array()), undefined);
  });
});

describe('a signed document in the browser', () => {
  it('opens with its type and one of the keys, and not otherwise', async () => {
    const station = pair();
    const body = {
      iss: 'DUK-1',
      sessionId: 'session-1',
      quoteHash: 'a'.repeat(64),
      method: 'kiosk' as const,
      consentedAtMs: 1_700_000_000_000,
    };
    const signer = { kid: 's1', key: station.privateKey };
    const jws = await signDocument(consent, DOCUMENT_TYPE.consent, body, signer);
    const keys = [jwkOf(pair(), 's0'), jwkOf(station, 's1')];
    assert.deepEqual(await openJws(jws, DOCUMENT_TYPE.consent, keys), body);
    assert.equal(await openJws(jws, DOCUMENT_TYPE.quote, keys), undefined);
    assert.equal(await openJws(jws, DOCUMENT_TYPE.consent, [jwkOf(pair(), 's1')]), undefined);
    assert.equal(await openJws(jws, DOCUMENT_TYPE.consent, [jwkOf(station, 's2')]), undefined);
  });
});
