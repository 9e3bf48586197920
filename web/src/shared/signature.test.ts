import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import {
  consent,
  DOCUMENT_TYPE,
  LEDGER_LIMITS,
  publicJwk,
  signDocument,
  signOcmf,
  type Consent,
} from '@roamgrid/wire';
import {
  CLOCK_SKEW_MS,
  inputVerifies,
  keysAbout,
  keysAt,
  ocmfVerifies,
  openJws,
  rawOfDer,
  type Jwk,
} from './signature.ts';

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
    readings: [
      { atMs: 1_700_000_000_250, sync: 'S', transaction: 'B', registerMilliWh: 9_007_199_254_740_993n },
    ],
  },
  meter.privateKey,
);

describe('a meter statement in the browser', () => {
  it('verifies with the meter’s key and with no other, and not when a digit changes', async () => {
    assert.equal(await ocmfVerifies(statement, jwkOf(meter, 'm1')), true);
    assert.equal(await ocmfVerifies(statement, jwkOf(pair(), 'm1')), false);
    assert.equal(await ocmfVerifies(statement.replace('740993', '740992'), jwkOf(meter, 'm1')), false);
    assert.equal(await ocmfVerifies(`${statement}|x`, jwkOf(meter, 'm1')), false);
  });

  it('verifies with its signature in base64, too', async () => {
    const inBase64 = statement
      .replace('"SE":"hex"', '"SE":"base64"')
      .replace(
        /"SD":"([0-9a-f]+)"/,
        (_, hex: string) => `"SD":"${Buffer.from(hex, 'hex').toString('base64')}"`,
      );
    assert.equal(await ocmfVerifies(inBase64, jwkOf(meter, 'm1')), true);
    assert.equal(
      await ocmfVerifies(inBase64.replace('base64', 'hex'), jwkOf(meter, 'm1')).catch(() => false),
      false,
    );
  });
});

describe('keys of the registry in the browser', () => {
  const keys = [{ kid: 'k1', fromMs: 1_000_000, untilMs: 2_000_000 }];

  it('count from their first instant on, and at their last no more', () => {
    for (const [atMs, count] of [
      [999_999, 0],
      [1_000_000, 1],
      [1_999_999, 1],
      [2_000_000, 0],
    ] as const)
      assert.equal(keysAt(keys, atMs).length, count, String(atMs));
  });

  it('count as far about what their owner says as the contracts let clocks differ', () => {
    assert.equal(CLOCK_SKEW_MS, LEDGER_LIMITS.clockSkewMs);
    for (const [saidAtMs, count] of [
      [1_000_000 - CLOCK_SKEW_MS - 1, 0],
      [1_000_000 - CLOCK_SKEW_MS, 1],
      [2_000_000 + CLOCK_SKEW_MS - 1, 1],
      [2_000_000 + CLOCK_SKEW_MS, 0],
    ] as const)
      assert.equal(keysAbout(keys, saidAtMs).length, count, String(saidAtMs));
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
  it('opens with its type and a key that its signer had when it signed, and not otherwise', async () => {
    const station = pair();
    const body = {
      channel: 'roamgrid',
      iss: 'DUK-1',
      sessionId: 'USDUK-USALP-g0-17',
      quoteHash: 'a'.repeat(64),
      method: 'kiosk' as const,
      consentedAtMs: 1_700_000_000_000,
    };
    const signer = { kid: 's1', key: station.privateKey };
    const jws = await signDocument(consent, DOCUMENT_TYPE.consent, body, signer);
    const keys = [jwkOf(pair(), 's0'), jwkOf(station, 's1')];
    const open = (typ: string, from: readonly Jwk[]) => openJws<Consent>(jws, typ, () => from);
    assert.deepEqual(await open(DOCUMENT_TYPE.consent, keys), body);
    assert.equal(await open(DOCUMENT_TYPE.quote, keys), undefined);
    assert.equal(await open(DOCUMENT_TYPE.consent, [jwkOf(pair(), 's1')]), undefined);
    assert.equal(await open(DOCUMENT_TYPE.consent, [jwkOf(station, 's2')]), undefined);
    const until = (untilMs: number) => [{ ...jwkOf(station, 's1'), fromMs: 0, untilMs }];
    for (const [untilMs, good] of [
      [body.consentedAtMs + 1, true],
      [body.consentedAtMs, false],
    ] as const) {
      const opened = await openJws<Consent>(jws, DOCUMENT_TYPE.consent, ({ consentedAtMs }) =>
        keysAt(until(untilMs), consentedAtMs),
      );
      assert.equal(opened !== undefined, good);
    }
  });

  it('verifies as a signing input that is formed again', async () => {
    const station = pair();
    const signature = sign('sha256', Buffer.from('a.b'), {
      key: station.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    const text = signature.toString('base64url');
    assert.equal(await inputVerifies('a.b', text, jwkOf(station, 's1')), true);
    assert.equal(await inputVerifies('a.c', text, jwkOf(station, 's1')), false);
    assert.equal(await inputVerifies('a.b', text, jwkOf(pair(), 's1')), false);
  });
});
