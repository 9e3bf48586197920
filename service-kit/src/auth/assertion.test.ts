import assert from 'node:assert/strict';
import { publicJwk, type AssertionClaims, type PublicJwk } from '@roamgrid/wire';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { ServiceError } from '../problem/service-error.ts';
import { createAssertionSigner, createAssertionVerifier } from './assertion.ts';
import { createReplayCache } from './replay-cache.ts';

const AUDIENCE = 'http://localhost:4010';
const NOW_MS = 1_780_000_000_000;

const makeKey = async (kid: string): Promise<{ secret: JWK; open: PublicJwk }> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { kty, crv, x, y, d } = await exportJWK(privateKey);
  return { secret: { kty, crv, x, y, d, kid } as JWK, open: publicJwk.parse({ kty, crv, x, y, kid }) };
};

describe('assertions', () => {
  let key: Awaited<ReturnType<typeof makeKey>>;
  before(async () => {
    key = await makeKey('station-1');
  });
  const sign = (
    over: { nowMs?: number; role?: AssertionClaims['role']; secret?: JWK } = {},
    audience = AUDIENCE,
  ) =>
    createAssertionSigner({
      key: over.secret ?? key.secret,
      iss: 'station-1',
      utility: 'USDUK',
      role: over.role ?? 'station',
      nowMs: () => over.nowMs ?? NOW_MS,
    })(audience);
  const verifier = (nowMs = NOW_MS) =>
    createAssertionVerifier({
      audiences: () => [AUDIENCE],
      roles: ['station'],
      resolveKey: ({ iss, role }) => (iss === 'station-1' && role !== 'operator' ? key.open : undefined),
      nowMs: () => nowMs,
    });
  const refusedAs = (code: string, text: RegExp) => (thrown: unknown) =>
    thrown instanceof ServiceError && thrown.code === code && text.test(thrown.message);

  it('prove who asks, once', async () => {
    const verify = verifier();
    const token = await sign();
    const claims = await verify(token);
    assert.equal(claims.iss, 'station-1');
    assert.equal(claims.role, 'station');
    await assert.rejects(verify(token), refusedAs('UNAUTHENTICATED', /used before/));
    await verify(await sign());
  });

  it('are refused for another service, too old, from the future, in another role, or by another key', async () => {
    const stranger = await makeKey('station-1');
    const rows: [Promise<string>, string, RegExp][] = [
      [sign({}, 'http://localhost:4011'), 'UNAUTHENTICATED', /aud/],
      [sign({ nowMs: NOW_MS - 70_000 }), 'UNAUTHENTICATED', /too old/],
      [sign({ nowMs: NOW_MS + 30_000 }), 'UNAUTHENTICATED', /iat|nbf/],
      [sign({ role: 'aaa' }), 'FORBIDDEN', /aaa/],
      [sign({ role: 'operator' }), 'UNAUTHENTICATED', /no key/],
      [sign({ secret: stranger.secret }), 'UNAUTHENTICATED', /signature/],
      [Promise.resolve('not.a.token'), 'UNAUTHENTICATED', /malformed/],
    ];
    for (const [token, code, text] of rows) {
      await assert.rejects(verifier()(await token), refusedAs(code, text));
    }
  });

  it('may not live longer than a minute, whatever they say, nor lack their type', async () => {
    const iat = NOW_MS / 1000;
    const { importJWK } = await import('jose');
    const long = (typ: string, seconds: number) =>
      importJWK(key.secret, 'ES256').then((secret) =>
        new SignJWT({ utility: 'USDUK', role: 'station', iss: 'station-1', aud: AUDIENCE, jti: '12345678' })
          .setProtectedHeader({ alg: 'ES256', typ })
          .setIssuedAt(iat)
          .setExpirationTime(iat + seconds)
          .sign(secret),
      );
    await assert.rejects(
      verifier()(await long('roamgrid-assertion+jwt', 3600)),
      refusedAs('UNAUTHENTICATED', /longer than a minute/),
    );
    await assert.rejects(verifier()(await long('JWT', 60)), refusedAs('UNAUTHENTICATED', /typ/));
  });

  it('are never accepted without a signature', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const iat = NOW_MS / 1000;
    const claims = {
      iss: 'station-1',
      utility: 'USDUK',
      role: 'station',
      aud: AUDIENCE,
      iat,
      exp: iat + 60,
      jti: '12345678',
    };
    const none = `${part({ alg: 'none', typ: 'roamgrid-assertion+jwt' })}.${part(claims)}.`;
    await assert.rejects(verifier()(none), refusedAs('UNAUTHENTICATED', /malformed/));
  });
});

describe('the replay cache', () => {
  it('forgets an id only when it has expired, and refuses newcomers when full', async () => {
    const cache = createReplayCache(2);
    assert.equal(await cache.first('a', 100, 0), true);
    assert.equal(await cache.first('a', 100, 99), false);
    assert.equal(await cache.first('b', 200, 99), true);
    assert.equal(await cache.first('c', 300, 99), false);
    assert.equal(await cache.first('c', 300, 100), true);
  });
});
