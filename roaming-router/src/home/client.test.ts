import assert from 'node:assert/strict';
import { createBreaker } from './breaker.ts';
import { createHomeClient } from './client.ts';
import { HomeFailure, HomeRefusal } from './failure.ts';
import type { OAuth } from './oauth.ts';

const HOME = { utilityId: 'USALP', oidcIssuer: 'http://localhost:1', aaaUrl: 'http://localhost:1' };

/** A home whose token endpoint says this. */
const homeSaying = (error: string) => {
  const oauth: OAuth = {
    session: () => Promise.reject(new Error('no session is opened here')),
    roamingToken: () => Promise.reject(new Error('no roaming token is asked for here')),
    forget: () => undefined,
    exchange: () => Promise.reject(new HomeRefusal(error, undefined, 400)),
  };
  return createHomeClient(oauth, createBreaker({ failures: 3, openMs: 1_000 }));
};

describe('the charging token of a home', () => {
  const ask = (error: string) => homeSaying(error).token(HOME, 'auth-req-1', AbortSignal.timeout(1_000));

  it('that is still to come is asked for again, and rejects nothing that waits for it', async () => {
    for (const error of ['authorization_pending', 'slow_down'])
      await assert.rejects(
        ask(error),
        (thrown) => thrown instanceof HomeFailure && thrown.fault === 'protocol',
      );
  });

  it('that home does not give any more is none; any other refusal stays one', async () => {
    assert.equal(await ask('invalid_grant'), null);
    await assert.rejects(ask('access_denied'), HomeRefusal);
  });
});
