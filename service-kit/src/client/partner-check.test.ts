import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '../log/logger.ts';
import { createService } from '../http/service.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { partnerCheck } from './partner-check.ts';

const service = (ready: boolean) =>
  createService({
    name: 'partner',
    version: '1',
    logger: createLogger('partner', { level: 'silent' }),
    problems: withKitProblems({}),
    ready: () => Promise.resolve([{ name: 'itself', ok: ready }]),
  });

describe('the check of a partner', () => {
  it('is good while the partner lives, ready or not, and says who is away when it is gone', async () => {
    const partner = service(false);
    const url = await partner.listen();
    const check = partnerCheck('router', url);
    assert.deepEqual(await check(), { name: 'router', ok: true });
    await partner.close();
    assert.deepEqual(await check(), {
      name: 'router',
      ok: false,
      detail: `${url}/healthz does not answer`,
    });
  });

  it('takes the 502 of a proxy for absence', async () => {
    const proxy = createServer((_request, response) => {
      response.writeHead(502, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({
          type: 'about:blank',
          title: 'x',
          status: 502,
          code: 'BAD',
          detail: 'x',
          requestId: 'abcdefgh',
        }),
      );
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const check = partnerCheck('aaa', `http://localhost:${(proxy.address() as AddressInfo).port}`);
      assert.equal((await check()).ok, false);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('of a service that does its work without it leaves that one ready, and still tells', async () => {
    const alone = createService({
      name: 'alone',
      version: '1',
      logger: createLogger('alone', { level: 'silent' }),
      problems: withKitProblems({}),
      ready: async () => [await partnerCheck('aaa', 'http://127.0.0.1:1', { isAdvisory: true })()],
    });
    const url = await alone.listen();
    try {
      const answer = await fetch(`${url}/readyz`);
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /"name":"aaa","ok":false/);
    } finally {
      await alone.close();
    }
  });

  it('never holds up whoever asks whether the service is ready', async () => {
    const stuck = createService({
      name: 'stuck',
      version: '1',
      logger: createLogger('stuck', { level: 'silent' }),
      problems: withKitProblems({}),
      ready: () => new Promise(() => undefined),
    });
    const url = await stuck.listen();
    try {
      const answer = await fetch(`${url}/readyz`);
      assert.equal(answer.status, 503);
      assert.match(await answer.text(), /no answer within 4000 ms/);
    } finally {
      await stuck.close();
    }
  });
});
