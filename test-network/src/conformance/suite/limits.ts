/** Point 22: execution timeout and concurrency limit. */
import { strict as assert } from 'node:assert';
import { messagesOf, rejects } from '../client.ts';
import type { SuiteContext } from './context.ts';

export function limitTests(context: SuiteContext): void {
  const { clients, ledger } = context;

  it('22. a chaincode that runs longer than the execution timeout is given up', async function () {
    const { executeTimeoutMs } = ledger().limits;
    this.timeout(executeTimeoutMs * 3 + 20_000);
    const a = await clients().of(0);
    const startedMs = performance.now();
    // Every peer that runs the chaincode is tried, so the call lasts that many timeouts.
    await rejects(
      a.evaluateRaw('sleep', [String(executeTimeoutMs * 2)], { endorsers: ['AlphaMSP'] }),
      /timeout expired while executing transaction/,
    );
    const tookMs = performance.now() - startedMs;
    assert.ok(
      tookMs >= executeTimeoutMs * 0.9 && tookMs < executeTimeoutMs * 1.9,
      `gave up after ${tookMs} ms`,
    );
  });

  it('22. more calls at a time than the gateway takes are refused, and it recovers', async () => {
    const { gatewayConcurrency } = ledger().limits;
    const a = await clients().of(0);
    const calls = Array.from({ length: gatewayConcurrency + 10 }, () =>
      a.evaluate('sleep', '500').then(
        () => 'done',
        (error: unknown) => messagesOf(error),
      ),
    );
    const answers = await Promise.all(calls);
    const refused = answers.filter((answer) => /exceeding concurrency limit/.test(answer));
    assert.ok(refused.length > 0, 'some call was refused');
    assert.ok(
      answers.some((answer) => answer === 'done'),
      'some call was served',
    );
    assert.equal(await a.evaluate('get', 'nothing'), '');
  });
}
