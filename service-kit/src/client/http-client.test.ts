import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { call } from './http-client.ts';

describe('a call to another service', () => {
  const servers: Server[] = [];
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const ask = (url: string) =>
    call({
      method: 'POST',
      url,
      body: { a: 1 },
      answer: z.strictObject({ n: z.int() }),
      timeoutMs: 300,
      maxBytes: 1_000,
    });
  const problemText = JSON.stringify({
    type: 'about:blank',
    title: 'No',
    status: 409,
    code: 'NO_WAY',
    detail: 'no',
  });

  const rows: readonly [what: string, listener: RequestListener, kind: string][] = [
    ['garbage', (_q, r) => r.end('<html>'), 'protocol'],
    ['JSON of another shape', (_q, r) => r.end('{"n":"1"}'), 'protocol'],
    ['an endless body', (_q, r) => r.end('9'.repeat(5_000)), 'protocol'],
    ['an error without a problem', (_q, r) => r.writeHead(500).end('oops'), 'protocol'],
    ['a problem', (_q, r) => r.writeHead(409).end(problemText), 'problem'],
    ['silence', () => undefined, 'timeout'],
    ['half an answer', (_q, r) => void r.writeHead(200, { 'content-length': '9' }).write('{'), 'timeout'],
    ['a broken connection', (q) => q.socket.destroy(), 'unreachable'],
    ['a redirect', (_q, r) => r.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(), 'unreachable'],
  ];
  for (const [what, listener, kind] of rows) {
    it(`tells ${what} as ${kind}`, async () => {
      const result = await ask(await serve(listener));
      assert.ok(!result.ok);
      assert.equal(result.failure.kind, kind);
    });
  }

  it('tells that nobody listens', async () => {
    const result = await ask('http://127.0.0.1:9/');
    assert.ok(!result.ok && result.failure.kind === 'unreachable');
  });

  it('gives the checked answer', async () => {
    const result = await ask(await serve((_q, r) => r.end('{"n":7}')));
    assert.ok(result.ok);
    assert.deepEqual(result.value, { n: 7 });
  });
});
