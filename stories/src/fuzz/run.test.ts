import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Dice } from './dice.ts';
import { httpInterface } from './http-interface.ts';
import { drawHttp } from './http-input.ts';
import { plain, type Operation } from './http-operations.ts';
import type { Interface } from './interface.ts';
import { judge } from './outcome.ts';
import { Pool } from './pool.ts';
import { fuzz, isClean } from './run.ts';
import { sendBytes, sendHttp } from './send.ts';

const operation: Operation = {
  ...plain('POST', '/things/{id}'),
  pathParameters: { id: { type: 'string', pattern: '^[a-z]{3}$' } },
  body: { type: 'object', properties: { count: { type: 'integer', minimum: 1 } }, required: ['count'] },
};
const PROBLEM = JSON.stringify({
  type: 'about:blank',
  title: 'No',
  status: 400,
  code: 'INVALID_REQUEST',
  detail: 'no',
});

describe('fuzzing', () => {
  const servers: Server[] = [];
  const serve = async (listener: RequestListener): Promise<Interface> => {
    const server = createServer((request, response) => {
      if (request.url === '/healthz') response.end('{}');
      else listener(request, response);
    });
    // Broken requests are another matter.
    server.on('clientError', (_error, socket) => socket.end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return httpInterface({
      name: `server ${servers.length}`,
      origin,
      operations: [operation],
      pool: new Pool(),
    });
  };
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });
  const run = (interfaces: readonly [Interface, ...Interface[]], inputs = 60) =>
    fuzz({
      interfaces,
      inputs,
      seed: 7,
      boundMs: 300,
      onFault: () => undefined,
      onProgress: () => undefined,
    });

  it('counts what is answered untyped, with 500 and not at all, by interface', async () => {
    const good = await serve((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/problem+json' }).end(PROBLEM);
    });
    const plainText = await serve((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end('no');
    });
    const failing = await serve((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/problem+json' }).end(PROBLEM);
    });
    const silent = await serve(() => undefined);
    const report = await run([good, plainText, failing, silent]);
    const [first, second, third, fourth] = Object.values(report.byInterface);
    assert.ok(first && second && third && fourth);
    assert.equal(report.inputs, 60);
    assert.ok(isClean(first));
    assert.ok(second.untyped > 10 && second.errors500 === 0);
    assert.ok(third.errors500 > 10 && third.untyped === 0);
    assert.ok(fourth.hangs > 10);
    const all = Object.values(report.byInterface);
    assert.equal(
      report.untyped,
      all.reduce((sum, { untyped }) => sum + untyped, 0),
    );
    assert.ok(!isClean(report));
  });

  it('counts what does not answer any more as crashed', async () => {
    const dying = await serve((_request, response) => {
      response.socket?.destroy();
      servers[0]?.close();
      servers[0]?.closeAllConnections();
    });
    const report = await run([dying], 20);
    assert.equal(report.crashes, 1);
    assert.ok(report.untyped > 10);
  });

  it('draws the same inputs from the same seed, fitting, nearly fitting and hostile', () => {
    const drawn = (seed: number) => {
      const dice = new Dice(seed);
      return Array.from({ length: 300 }, () => drawHttp(operation, new Pool(), dice));
    };
    assert.deepEqual(drawn(1), drawn(1));
    assert.notDeepEqual(drawn(1), drawn(2));
    const shapes = new Set(drawn(3).map(({ shape }) => shape));
    assert.deepEqual([...shapes].sort(), ['hostile', 'near', 'valid']);
    for (const { shape, path, body } of drawn(4).filter((input) => input.shape === 'valid')) {
      assert.match(path, /^\/things\/[a-z]{3}$/, shape);
      assert.ok((JSON.parse(body?.toString() ?? '') as { count: number }).count >= 1);
    }
  });

  it('fills in what the system itself said', () => {
    const pool = new Pool();
    pool.learn({ items: [{ sessionId: 's-1' }, { sessionId: 's-2', price: 7 }] });
    const dice = new Dice(5);
    const filled = Array.from({ length: 60 }, () => pool.filled({ sessionId: 'x', price: 1 }, dice));
    const said = new Set(filled.map((value) => JSON.stringify(value)));
    assert.ok(said.has('{"sessionId":"s-2","price":7}') && said.has('{"sessionId":"x","price":1}'));
  });

  it('reads an answer to bytes and to a request alike', async () => {
    const { at: port } = await serve((_request, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(PROBLEM);
    });
    const byBytes = await sendBytes(
      Number(port),
      Buffer.from('GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      5_000,
    );
    const input = { method: 'GET', path: '/x', headers: {}, body: undefined };
    const byRequest = await sendHttp(`http://127.0.0.1:${port}`, input, 5_000);
    assert.deepEqual(byBytes, byRequest);
    assert.equal(judge(byBytes), 'good');
  });

  it('takes the forms of OAuth and of pages at the OpenID endpoints alone', () => {
    const answer = (type: string, body: string) => ({ kind: 'answer', status: 400, type, body }) as const;
    const oauth = answer('application/json', '{"error":"invalid_request"}');
    const page = answer('text/html; charset=utf-8', '<p>no</p>');
    for (const outcome of [oauth, page]) {
      assert.equal(judge(outcome, { isOpenId: true }), 'good');
      assert.equal(judge(outcome), 'untyped');
    }
    assert.equal(judge({ kind: 'closed', why: 'reset' }), 'untyped');
    assert.equal(judge({ kind: 'silent' }), 'hang');
  });
});
