import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { naturalMicrosCodec, problem } from '@roamgrid/wire';
import { z } from 'zod';
import { createLogger } from '../log/logger.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { ServiceError } from '../problem/service-error.ts';
import { publicAuth, reply, route } from './route.ts';
import { createService, type Service, type ServiceOptions } from './service.ts';

const problems = withKitProblems({ OUT_OF_COFFEE: { status: 409, title: 'No coffee', remedy: 'Take tea.' } });

const cup = z.strictObject({ sizeMl: z.int().min(1).max(500), tipMicros: naturalMicrosCodec });

/** Told when `/slow` runs. */
let begun = (): void => undefined;

const routes = [
  route({
    method: 'post',
    path: '/cups/{cupId}',
    summary: 'Pour a cup',
    auth: publicAuth,
    params: z.strictObject({ cupId: z.string().max(8) }),
    query: z.strictObject({ sugar: z.enum(['yes', 'no']).exactOptional() }),
    body: cup,
    answers: { 201: z.strictObject({ id: z.string(), doubledMicros: naturalMicrosCodec }), 204: null },
    problems: ['OUT_OF_COFFEE'],
    handler: ({ params, query, body }) => {
      if (params.cupId === 'none') throw new ServiceError('OUT_OF_COFFEE', 'the pot is empty');
      if (params.cupId === 'crash') throw new TypeError('password hunter2 leaked');
      if (params.cupId === 'alien') throw new ServiceError('NOT_IN_CATALOGUE', 'inner secret');
      if (query.sugar === 'no') return Promise.resolve(reply(204));
      return Promise.resolve(reply(201, { id: params.cupId, doubledMicros: body.tipMicros * 2n }));
    },
  }),
  route({
    method: 'get',
    path: '/slow',
    summary: 'Take a while',
    auth: publicAuth,
    answers: { 200: z.string() },
    handler: async () => {
      begun();
      await sleep(300);
      return reply(200, 'done');
    },
  }),
];

describe('a service', () => {
  const running: Service[] = [];
  const serve = async (more: Partial<ServiceOptions<'OUT_OF_COFFEE'>> = {}): Promise<string> => {
    const service = createService({
      name: 'cafe',
      version: '1.0.0',
      logger: createLogger('cafe', { level: 'silent' }),
      problems,
      routes,
      ...more,
    });
    running.push(service);
    return service.listen();
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.close(100)));
  });
  const post = (url: string, body: string, type = 'application/json') =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  const good = JSON.stringify({ sizeMl: 200, tipMicros: '9007199254740993' });

  it('decodes what comes, encodes what goes, and loses no digit of a bigint', async () => {
    const url = await serve();
    const response = await post(`${url}/cups/a`, good);
    assert.equal(response.status, 201);
    assert.deepEqual(await response.json(), { id: 'a', doubledMicros: '18014398509481986' });
    assert.equal((await post(`${url}/cups/a?sugar=no`, good)).status, 204);
  });

  it('says where a request is wrong, as a problem with the request id', async () => {
    const url = await serve();
    const response = await fetch(`${url}/cups/a`, {
      method: 'POST',
      body: JSON.stringify({ sizeMl: 0, tipMicros: -1 }),
      headers: { 'content-type': 'application/json', 'x-request-id': 'my-request-1' },
    });
    assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/problem+json');
    const body = problem.parse(await response.json());
    assert.equal(body.code, 'INVALID_REQUEST');
    assert.equal(body.requestId, 'my-request-1');
    assert.deepEqual(
      body.errors?.map(({ pointer }) => pointer),
      ['/body/sizeMl', '/body/tipMicros'],
    );
  });

  const refusals: readonly [
    what: string,
    ask: (url: string) => Promise<Response>,
    status: number,
    code: string,
  ][] = [
    ['a long path parameter', (url) => post(`${url}/cups/far-too-long`, good), 400, 'INVALID_REQUEST'],
    ['an unknown query member', (url) => post(`${url}/cups/a?milk=1`, good), 400, 'INVALID_REQUEST'],
    ['broken JSON', (url) => post(`${url}/cups/a`, '{"a":'), 400, 'INVALID_REQUEST'],
    ['another media type', (url) => post(`${url}/cups/a`, good, 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a body over the limit',
      (url) => post(`${url}/cups/a`, JSON.stringify({ x: 'y'.repeat(300_000) })),
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['an unknown address', (url) => fetch(`${url}/nowhere`), 404, 'ROUTE_NOT_FOUND'],
    ['its own error', (url) => post(`${url}/cups/none`, good), 409, 'OUT_OF_COFFEE'],
    ['a fault', (url) => post(`${url}/cups/crash`, good), 500, 'INTERNAL'],
    ['a code outside its map', (url) => post(`${url}/cups/alien`, good), 500, 'INTERNAL'],
  ];
  for (const [what, ask, status, code] of refusals) {
    it(`answers ${what} with ${status} ${code}`, async () => {
      const response = await ask(await serve());
      assert.equal(response.status, status);
      const text = await response.text();
      assert.equal(problem.parse(JSON.parse(text)).code, code);
      assert.ok(!text.includes('secret') && !text.includes('hunter2'));
    });
  }

  it('serves the OpenAPI document that its schemas make, in wire form', async () => {
    const url = await serve();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { parameters: { name: string; in: string }[]; responses: object }>
      >;
    };
    assert.equal(document.openapi, '3.1.0');
    const operation = document.paths['/cups/{cupId}']?.['post'];
    assert.ok(operation);
    assert.deepEqual(
      operation.parameters.map(({ name, in: where }) => `${where} ${name}`),
      ['path cupId', 'query sugar'],
    );
    assert.deepEqual(Object.keys(operation.responses), ['201', '204', 'default']);
    assert.match(JSON.stringify(operation), /"tipMicros":\{"type":"string"/);
  });

  it('reports health, readiness and metrics of its own', async () => {
    const states = [{ name: 'ledger', ok: false, detail: 'not connected' }];
    const url = await serve({ ready: () => Promise.resolve(states) });
    const other = await serve();
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
    assert.equal((await fetch(`${other}/readyz`)).status, 200);
    await post(`${url}/cups/a`, good);
    const counted = /http_request_duration_seconds_count\{[^}]*route="\/cups\/\{cupId\}"[^}]*\} 1/;
    assert.match(await (await fetch(`${url}/metrics`)).text(), counted);
    assert.doesNotMatch(await (await fetch(`${other}/metrics`)).text(), counted);
  });

  it('speaks plain HTTP to other hosts only when it is told to', async () => {
    const plain = () =>
      createService({
        name: 'cups',
        version: '1',
        logger: createLogger('cups', { level: 'silent' }),
        problems,
      });
    for (const host of ['0.0.0.0', '::', '192.0.2.1', '127.example.org']) {
      await assert.rejects(plain().listen({ host }), /^Error: INSECURE: cups would speak plain HTTP/, host);
    }
    const meant = plain();
    await meant.listen({ host: '0.0.0.0', insecurePlainHttp: true });
    await meant.close();
  });

  it('limits how often one address asks', async () => {
    const url = await serve({ rateLimit: { windowMs: 60_000, requests: 2 } });
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await post(`${url}/cups/a`, good)).status);
    assert.deepEqual(statuses, [201, 201, 429]);
  });

  it('finishes the requests that run when it closes, and takes no new ones', async () => {
    const url = await serve();
    const isRunning = new Promise<void>((resolve) => (begun = resolve));
    const slow = fetch(`${url}/slow`);
    await isRunning;
    const closed = running[0]?.close(2_000);
    assert.equal(await (await slow).json(), 'done');
    await closed;
    await assert.rejects(fetch(`${url}/healthz`));
  });

  it('cuts a caller that never ends', async () => {
    const url = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'POST /cups/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await sleep(50);
    const startedMs = Date.now();
    await running[0]?.close(200);
    assert.ok(Date.now() - startedMs < 2_000);
  });
});
