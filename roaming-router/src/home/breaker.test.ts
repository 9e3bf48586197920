import assert from 'node:assert/strict';
import { createBreaker } from './breaker.ts';
import { HomeFailure, HomeRefusal, type HomeFault } from './failure.ts';

describe('the circuit breaker of a home', () => {
  const setUp = () => {
    let now = 1_000;
    const breaker = createBreaker({ failures: 2, openMs: 100, nowMs: () => now });
    let asked = 0;
    const run = (home: string, outcome: 'ok' | Error) =>
      breaker
        .run(home, () => {
          asked += 1;
          return outcome === 'ok' ? Promise.resolve('answer') : Promise.reject(outcome);
        })
        .catch((thrown: unknown) => thrown);
    return { breaker, run, asked: () => asked, pass: (ms: number) => (now += ms) };
  };
  const fault = (kind: HomeFault) => new HomeFailure(kind, 'for the test');

  it('opens after so many silences in a row, for its home alone', async () => {
    const { run, asked, breaker } = setUp();
    await run('A', fault('timeout'));
    assert.equal(breaker.isOpen('A'), false);
    await run('A', fault('unreachable'));
    assert.ok((await run('A', 'ok')) instanceof HomeFailure);
    assert.equal(asked(), 2);
    assert.equal(await run('B', 'ok'), 'answer');
  });

  it('does not open for answers, however bad: somebody is there', async () => {
    const { run, breaker } = setUp();
    for (const bad of [fault('protocol'), new HomeRefusal('x', undefined, 400)]) {
      for (let round = 0; round < 5; round += 1) await run('A', bad);
    }
    assert.equal(breaker.isOpen('A'), false);
  });

  it('lets one request through after the pause; a failure opens it again, a success closes it', async () => {
    const { run, asked, pass, breaker } = setUp();
    await run('A', fault('timeout'));
    await run('A', fault('timeout'));
    pass(100);
    const [trial, other] = await Promise.all([run('A', fault('timeout')), run('A', 'ok')]);
    assert.ok(trial instanceof HomeFailure && other instanceof HomeFailure);
    assert.equal(asked(), 3);
    assert.equal(breaker.isOpen('A'), true);
    pass(100);
    assert.equal(await run('A', 'ok'), 'answer');
    assert.equal(breaker.isOpen('A'), false);
  });
});
