import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { publicJwk } from '../codec/scalars.ts';
import { keysAbout } from '../ledger/dated-keys.ts';
import { LEDGER_LIMITS } from '../ledger/envelope.ts';
import { DOCUMENT_TYPE, openDatedDocument, signDocument } from './document.ts';

const note = z.strictObject({ signedAtMs: z.int() });
const makeKey = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, jwk: publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid }) };
};
const former = makeKey('former');
const present = makeKey('present');
const history = [
  { ...former.jwk, fromMs: 100, untilMs: 200 },
  { ...present.jwk, fromMs: 200 },
];

describe('a document judged by the history of its signer’s keys', () => {
  const opened = async (key: typeof former, signedAtMs: number, counting?: typeof keysAbout) => {
    const signer = { kid: key.jwk.kid, key: key.privateKey };
    const jws = await signDocument(note, DOCUMENT_TYPE.consent, { signedAtMs }, signer);
    const result = await openDatedDocument(
      note,
      DOCUMENT_TYPE.consent,
      jws,
      history,
      (each) => each.signedAtMs,
      counting,
    );
    return result.ok ? 'ok' : result.error.code;
  };

  it('holds with the key that counted when it was signed, also after that key ended', async () => {
    assert.deepEqual([await opened(former, 100), await opened(former, 199)], ['ok', 'ok']);
    assert.equal(await opened(present, 200), 'ok');
  });

  it('holds with a key that its signer’s clock may have had, where clocks are allowed for', async () => {
    const skewMs = LEDGER_LIMITS.clockSkewMs;
    const at = (key: typeof former, signedAtMs: number) => opened(key, signedAtMs, keysAbout);
    assert.deepEqual([await at(present, 199), await at(former, 200)], ['ok', 'ok']);
    assert.equal(await at(present, 199 - skewMs), 'JWS_KEY_UNKNOWN');
    assert.equal(await at(former, 200 + skewMs), 'JWS_KEY_UNKNOWN');
  });

  it('does not hold with a key of another time or of nobody', async () => {
    assert.equal(await opened(former, 200), 'JWS_KEY_UNKNOWN');
    assert.equal(await opened(present, 199), 'JWS_KEY_UNKNOWN');
    assert.equal(await opened({ ...makeKey('former'), jwk: former.jwk }, 150), 'JWS_BAD_SIGNATURE');
  });
});
