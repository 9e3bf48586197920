import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { problem } from '@roamgrid/wire';
import { z } from 'zod';
import { createLogger } from '../log/logger.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { kitError } from '../problem/service-error.ts';
import { publicAuth, reply, route } from './route.ts';
import { createService, type Service, type ServiceOptions } from './service.ts';

const problems = withKitProblems({});
const anything = z.record(z.string(), z.json());

const echo = route({
  method: 'post',
  path: '/echo/{name}',
  summary: 'Say it back',
  auth: publicAuth,
  params: z.strictObject({ name: z.string() }),
  query: z.strictObject({ mark: z.string().exactOptional() }),
  body: anything,
  answers: { 200: anything },
  handler: ({ body }) => Promise.resolve(reply(200, body)),
});

describe('the edge of a service', () => {
  const running: Service[] = [];
  const serve = async (more: Partial<ServiceOptions<never>> = {}): Promise<string> => {
    const service = createService({
      name: 'edge',
      version: '1.0.0',
      logger: createLogger('edge', { level: 'silent' }),
      problems,
      routes: [echo],
      ...more,
    });
    running.push(service);
    return service.listen();
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.close(100)));
  });

  const post = (url: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

  /** The whole answer to bytes that no HTTP client would send. */
  const sendRaw = async (url: string, bytes: string): Promise<string> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(bytes);
    return text(socket);
  };
  const problemIn = (answer: string) => {
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    assert.match(head, /content-type: application\/problem\+json/i);
    return problem.parse(JSON.parse(body.replace(/^[0-9a-f]+\r\n|\r\n0$/g, '')));
  };

  const hostile: readonly [
    what: string,
    ask: (url: string) => Promise<Response>,
    status: number,
    pointer?: string,
  ][] = [
    ['U+0000 in a text', (url) => post(`${url}/echo/a`, '{"a":["b","\\u0000"]}'), 400, '/body/a/1'],
    ['U+0000 in the name of a member', (url) => post(`${url}/echo/a`, '{"a":{"\\u0000":1}}'), 400, '/body/a'],
    ['half of a surrogate pair', (url) => post(`${url}/echo/a`, '{"a":"x\\ud800"}'), 400, '/body/a'],
    ['a member named __proto__', (url) => post(`${url}/echo/a`, '{"__proto__":{"a":1}}'), 400, '/body'],
    ['U+0000 in the path', (url) => post(`${url}/echo/a%00b`, '{}'), 400, '/params/name'],
    ['U+0000 in the query', (url) => post(`${url}/echo/a?mark=%00`, '{}'), 400, '/query/mark'],
    ['a broken escape in the path', (url) => post(`${url}/echo/%E0%A4%A`, '{}'), 400],
    [
      'JSON nested too deep',
      (url) => post(`${url}/echo/a`, `{"a":${'['.repeat(100)}${']'.repeat(100)}}`),
      400,
    ],
    [
      'a body that is no gzip but says so',
      (url) => post(`${url}/echo/a`, 'nonsense', { 'content-encoding': 'gzip' }),
      400,
    ],
    [
      'a body that unpacks to more than the route takes',
      (url) =>
        post(`${url}/echo/a`, gzipSync(JSON.stringify({ a: ' '.repeat(2_000_000) })), {
          'content-encoding': 'gzip',
        }),
      413,
    ],
    [
      'another character set',
      (url) => post(`${url}/echo/a`, '{}', { 'content-type': 'application/json; charset=utf-7' }),
      415,
    ],
  ];
  for (const [what, ask, status, pointer] of hostile) {
    it(`refuses ${what} with ${status}, and says where`, async () => {
      const response = await ask(await serve());
      assert.equal(response.status, status);
      const { errors = [] } = problem.parse(await response.json());
      assert.deepEqual(
        errors.map((error) => error.pointer),
        pointer === undefined ? [] : [pointer],
      );
    });
  }

  it('takes pairs of surrogates, brackets inside texts, and members named like those of every object', async () => {
    const body = { text: '⚡ 😀', brackets: '["'.repeat(200), toString: 'x', constructor: { a: null } };
    const response = await post(`${await serve()}/echo/a`, JSON.stringify(body));
    assert.deepEqual([response.status, await response.json()], [200, body]);
  });

  const broken: readonly [what: string, bytes: string, status: number][] = [
    ['what is not HTTP', 'nonsense\r\n\r\n', 400],
    ['a request without a host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'headers larger than a service reads',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['what is no address', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: not a host\r\n\r\n', 400],
    ['an empty host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n', 400],
    ['a host with more than a port', 'GET /healthz HTTP/1.1\r\nHost: a:80/b\r\n\r\n', 400],
    [
      'a host that a proxy was asked for and that is none',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: not a host\r\n\r\n',
      400,
    ],
    ['a tunnel', 'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n', 405],
    [
      'an expectation that nobody knows',
      'POST /echo/a HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}',
      417,
    ],
  ];
  for (const [what, bytes, status] of broken) {
    it(`answers ${what} with a problem of status ${status}, and ends the connection`, async () => {
      const answer = await sendRaw(await serve(), bytes);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.equal(problemIn(answer).status, status);
    });
  }

  it('tells back no more of what a caller or partner said than a person can read', async () => {
    const loud = route({
      method: 'get',
      path: '/loud',
      summary: 'Repeat what a partner said',
      auth: publicAuth,
      answers: { 204: null },
      handler: () => {
        throw kitError('UNAVAILABLE', 'x'.repeat(1_000_000));
      },
    });
    const strict = route({
      method: 'post',
      path: '/strict',
      summary: 'Know no member',
      auth: publicAuth,
      body: z.strictObject({}),
      answers: { 204: null },
      handler: () => Promise.resolve(reply(204)),
    });
    const url = await serve({ routes: [loud, strict] });
    assert.ok((await (await fetch(`${url}/loud`)).text()).length < 3_000);
    assert.ok((await (await post(`${url}/strict`, `{"${'y'.repeat(100_000)}":1}`)).text()).length < 3_000);
  });

  it('logs why somebody unknown was refused, and nothing of what came from there', async () => {
    const lines: string[] = [];
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString('utf8'));
        done();
      },
    });
    const refused = route({
      method: 'get',
      path: '/refused/{code}',
      summary: 'Refuse',
      auth: {
        ...publicAuth,
        authenticate: ({ url }) =>
          Promise.reject(
            kitError(url.endsWith('401') ? 'UNAUTHENTICATED' : 'FORBIDDEN', 'not you', {
              cause: new Error('said by the caller'),
            }),
          ),
      },
      params: z.strictObject({ code: z.string() }),
      answers: { 204: null },
      handler: () => Promise.resolve(reply(204)),
    });
    const url = await serve({
      routes: [refused],
      logger: createLogger('edge', { level: 'info', destination }),
    });
    for (const code of [401, 403]) assert.equal((await fetch(`${url}/refused/${code}`)).status, code);
    assert.deepEqual(
      lines.map((line) => [line.includes('not you'), line.includes('said by the caller')]),
      [
        [true, false],
        [true, true],
      ],
    );
  });

  it('makes its document once, until it has other routes', async () => {
    let made = 0;
    const counted = Object.defineProperty({ ...echo, path: '/counted' }, 'summary', {
      get: () => {
        made += 1;
        return 'Counts how often it is read';
      },
    });
    const url = await serve({ routes: [counted] });
    for (let round = 0; round < 3; round += 1) await fetch(`${url}/openapi.json`);
    assert.equal(made, 1);
    running[0]?.addRoutes([echo]);
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    assert.deepEqual(Object.keys(document.paths), ['/counted', '/echo/{name}']);
  });

  it('looks once for all that ask at the same time whether it is ready', async () => {
    let looked = 0;
    const url = await serve({
      ready: () => {
        looked += 1;
        return Promise.resolve([]);
      },
    });
    // In one piece, so that all of them are there before the first is answered.
    const one = 'GET /readyz HTTP/1.1\r\nHost: x\r\n';
    const answers = await sendRaw(url, `${`${one}\r\n`.repeat(19)}${one}Connection: close\r\n\r\n`);
    assert.equal(answers.match(/HTTP\/1\.1 200/g)?.length, 20);
    assert.equal(looked, 1);
    await fetch(`${url}/readyz`);
    assert.equal(looked, 2);
  });

  it('counts its document and metrics among what a client may ask', async () => {
    const url = await serve({ rateLimit: { windowMs: 60_000, requests: 2 } });
    const statuses = [];
    for (const path of ['openapi.json', 'metrics', 'openapi.json']) {
      statuses.push((await fetch(`${url}/${path}`)).status);
    }
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  });

  it('tells clients behind its own proxy apart, and believes nobody else who they are', async () => {
    const rateLimit = { windowMs: 60_000, requests: 1 };
    const statusesAt = async (url: string): Promise<number[]> => {
      const statuses = [];
      for (const client of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.9, 192.0.2.1']) {
        const response = await post(`${url}/echo/a`, '{}', { 'x-forwarded-for': client });
        statuses.push(response.status);
      }
      return statuses;
    };
    const behind = await serve({ rateLimit, trustedProxies: ['127.0.0.0/8'] });
    assert.deepEqual(await statusesAt(behind), [200, 200, 429, 429]);
    assert.deepEqual(await statusesAt(await serve({ rateLimit })), [200, 429, 429, 429]);
  });
});
