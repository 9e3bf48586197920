import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { publicJwk, type PublicJwk } from '../codec/scalars.ts';
import { consent, type Consent } from '../ledger/session.ts';
import { bodyHash, sealBody } from './body-hash.ts';
import { DOCUMENT_TYPE, openDocument, signDocument } from './document.ts';
import { signJws, verifyJws } from './jws.ts';

const makeKey = (kid: string): { privateKey: KeyObject; jwk: PublicJwk } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, jwk: publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid }) };
};
const base64url = (text: string) => Buffer.from(text, 'utf8').toString('base64url');
const failureCode = async (result: Promise<{ ok: true } | { ok: false; error: { code: string } }>) => {
  const settled = await result;
  return settled.ok ? 'verified' : settled.error.code;
};

describe('a compact JWS', () => {
  const key = makeKey('k1');
  const other = makeKey('k1');

  it('verifies with the key of its kid and gives back the payload', async () => {
    const jws = await signJws({ b: 1, a: 'x' }, key.privateKey, 'k1', 'a+jwt');
    assert.deepEqual(await verifyJws(jws, [key.jwk], 'a+jwt'), { ok: true, value: { a: 'x', b: 1 } });
    assert.equal(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString(), '{"a":"x","b":1}');
  });

  it('signs the same with a private JWK as with a key object', async () => {
    const jws = await signJws({ a: 1 }, key.privateKey.export({ format: 'jwk' }), 'k1', 'a+jwt');
    assert.equal((await verifyJws(jws, [key.jwk], 'a+jwt')).ok, true);
  });

  it('is what RFC 7515 says: an independent ES256 check over the first two parts holds', async () => {
    const jws = await signJws({ a: 1 }, key.privateKey, 'k1', 'a+jwt');
    const [header = '', payload = '', signature = ''] = jws.split('.');
    const publicKey = createPublicKey({ key: { ...key.jwk }, format: 'jwk' });
    const signed = Buffer.from(`${header}.${payload}`, 'ascii');
    const raw = Buffer.from(signature, 'base64url');
    assert.equal(verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw), true);
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), {
      alg: 'ES256',
      kid: 'k1',
      typ: 'a+jwt',
    });
  });

  it('is refused with the reason that holds first', async () => {
    const good = await signJws({ a: 1 }, key.privateKey, 'k1', 'a+jwt');
    const [header = '', , signature = ''] = good.split('.');
    const cases: readonly [string, string, readonly PublicJwk[], string][] = [
      ['another type', good, [key.jwk], 'JWS_TYPE'],
      ['a kid that the signer has not', good, [makeKey('k2').jwk], 'JWS_KEY_UNKNOWN'],
      ['a key of the same kid', good, [other.jwk], 'JWS_BAD_SIGNATURE'],
      ['another payload', `${header}.${base64url('{"a":2}')}.${signature}`, [key.jwk], 'JWS_BAD_SIGNATURE'],
      [
        'no signature',
        `${base64url('{"alg":"none","kid":"k1","typ":"a+jwt"}')}.e30.`,
        [key.jwk],
        'JWS_ALGORITHM',
      ],
      ['two parts', 'e30.e30', [key.jwk], 'JWS_MALFORMED'],
      ['a header that is no JSON', 'eA.e30.e30', [key.jwk], 'JWS_MALFORMED'],
      ['a character that base64url has not', good.replace('e', '\u0165'), [key.jwk], 'JWS_MALFORMED'],
      [
        'an extension that must be understood',
        `${base64url('{"alg":"ES256","b64":false,"crit":["b64"],"kid":"k1","typ":"a+jwt"}')}.e30.e30`,
        [key.jwk],
        'JWS_MALFORMED',
      ],
      ['a key that is no point of the curve', good, [{ ...key.jwk, y: key.jwk.x }], 'JWS_BAD_SIGNATURE'],
      ['a truncated signature', good.slice(0, -6), [key.jwk], 'JWS_BAD_SIGNATURE'],
    ];
    for (const [what, jws, keys, code] of cases) {
      const typ = what === 'another type' ? 'b+jwt' : 'a+jwt';
      assert.equal(await failureCode(verifyJws(jws, keys, typ)), code, what);
    }
  });
});

describe('a signed document', () => {
  const key = makeKey('station-1');
  const signer = { kid: 'station-1', key: key.privateKey };
  const value: Consent = {
    channel: 'roaming',
    iss: 'DUK-1',
    sessionId: 'USDUK-USALP-g0-1',
    quoteHash: bodyHash('quote'),
    method: 'kiosk',
    consentedAtMs: 1_700_000_000_000,
  };

  it('opens to the value that was signed', async () => {
    const jws = await signDocument(consent, DOCUMENT_TYPE.consent, value, signer);
    assert.deepEqual(await openDocument(consent, DOCUMENT_TYPE.consent, jws, [key.jwk]), { ok: true, value });
  });

  it('is refused as another type, and when a good signature covers a wrong payload', async () => {
    const jws = await signDocument(consent, DOCUMENT_TYPE.consent, value, signer);
    assert.equal(await failureCode(openDocument(consent, DOCUMENT_TYPE.profile, jws, [key.jwk])), 'JWS_TYPE');
    const wrong = await signJws({ iss: 'DUK-1' }, key.privateKey, 'station-1', DOCUMENT_TYPE.consent);
    assert.equal(
      await failureCode(openDocument(consent, DOCUMENT_TYPE.consent, wrong, [key.jwk])),
      'DOCUMENT_INVALID',
    );
  });
});

describe('a sealed body', () => {
  it('hashes to the SHA-256 of its canonical text', () => {
    const sealed = sealBody(consent, {
      channel: 'roaming',
      sessionId: 'USDUK-USALP-g0-1',
      iss: 'DUK-1',
      quoteHash: bodyHash(''),
      method: 'app',
      consentedAtMs: 5,
    });
    assert.equal(
      sealed.text,
      '{"channel":"roaming","consentedAtMs":5,"iss":"DUK-1","method":"app","quoteHash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","sessionId":"USDUK-USALP-g0-1"}',
    );
    assert.equal(sealed.hash, bodyHash(sealed.text));
  });
});
