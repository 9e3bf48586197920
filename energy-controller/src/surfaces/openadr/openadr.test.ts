import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@roamgrid/service-kit';
import type { EnergySignal } from '@roamgrid/wire';
import { NOW, startStage, type Stage } from '../../stage/stage.ts';
import { publishedOpenApi } from '../testing/published-openapi.ts';
import { Ven, venConfig } from './ven/ven.ts';
import { VTN_PATH } from './vtn/vtn.ts';

const HOUR_MS = 3_600_000;
const iso = (atMs: number): string => new Date(atMs).toISOString();
const secretOf = (id: string): string => `${id}-has-a-secret-of-many-characters`;
type Body = Record<string, unknown> & { id: string };

describe('OpenADR 3.1: a VTN, and a house that follows it', function () {
  this.timeout(60_000);
  const published = publishedOpenApi();
  if (published === undefined) console.log('      skipped: OpenADR 3.1 OpenAPI');
  let stage: Stage;
  let ven: Ven;
  const tokens = new Map<string, string>();
  before(async () => {
    stage = await startStage({
      ...{ nodes: [{ nodeId: 'site', kind: 'connection' }], loads: [] },
      controller: {
        openadr: {
          clients: [
            { clientId: 'utility', secret: secretOf('utility'), role: 'business-logic' },
            { clientId: 'house', secret: secretOf('house'), role: 'ven' },
            { clientId: 'other', secret: secretOf('other'), role: 'ven' },
          ],
          allowedNetworks: ['127.0.0.0/8'],
        },
      },
    });
    ven = house();
  });
  after(() => stage.close());

  const book = () => {
    const found = stage.controller.signals.get('s1');
    assert.ok(found);
    return found;
  };
  const signals = (): readonly EnergySignal[] => book().all(stage.nowMs());
  const house = (): Ven =>
    new Ven({
      config: venConfig.parse({
        ...{
          vtnUrl: `${stage.controller.url}${VTN_PATH}`,
          clientId: 'house',
          clientSecret: secretOf('house'),
        },
        ...{ venName: 'house-1', currency: 'USD', targets: ['feeder-7'], simpleReduceW: ['500', '1500'] },
      }),
      ...{ book: book(), nowMs: stage.nowMs, log: createLogger('ven', { level: 'silent' }) },
      takenMilliWh: () => Promise.resolve(1_234_000n),
    });
  const tokenOf = async (client: string): Promise<string> => {
    const known = tokens.get(client);
    if (known !== undefined) return known;
    const answer = await fetch(`${stage.controller.url}${VTN_PATH}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'client_credentials', client_id: client, client_secret: secretOf(client) },
      }),
    });
    const body = (await answer.json()) as { access_token: string };
    published?.answer('POST', '/auth/token', answer.status, body);
    tokens.set(client, body.access_token);
    return body.access_token;
  };
  const ask = async (client: string, method: string, path: string, body?: object) => {
    const answer = await fetch(`${stage.controller.url}${VTN_PATH}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await tokenOf(client)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const told = (await answer.json()) as Body;
    if (answer.ok) published?.request(method, path, body);
    published?.answer(method, path, answer.status, told);
    return { status: answer.status, told };
  };
  const listed = async (client: string, path: string): Promise<readonly Body[]> =>
    (await ask(client, 'GET', path)).told as unknown as readonly Body[];
  const made = async (path: string, body: object, client = 'utility'): Promise<string> => {
    const { status, told } = await ask(client, 'POST', path, body);
    assert.equal(status, 201, JSON.stringify(told));
    return told.id;
  };

  const price = (type: string, ...values: number[]) => ({ type, values });
  const DESCRIPTORS = ['PRICE', 'EXPORT_PRICE'].map((payloadType) => ({
    ...{ objectType: 'EVENT_PAYLOAD_DESCRIPTOR', payloadType, units: 'KWH', currency: 'USD' },
  }));
  let programID = '';

  it('gives tokens for the right secret alone, and each client what its scope has', async () => {
    const url = `${stage.controller.url}${VTN_PATH}/auth/token`;
    const token = async (body: Record<string, string>, headers: Record<string, string> = {}) => {
      const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(body), headers });
      return [
        answer.status,
        ((await answer.json()) as { error?: string; token_type?: string }).error ?? 'given',
      ];
    };
    const grant_type = 'client_credentials';
    const wrong = { grant_type, client_id: 'utility', client_secret: secretOf('house') };
    assert.deepEqual(await token(wrong), [401, 'invalid_client']);
    assert.deepEqual(await token({ ...wrong, client_id: 'nobody' }), [401, 'invalid_client']);
    assert.deepEqual(await token({ ...wrong, grant_type: 'password' }), [400, 'unsupported_grant_type']);
    const basic = Buffer.from(`house:${secretOf('house')}`).toString('base64');
    assert.deepEqual(await token({ grant_type }, { authorization: `Basic ${basic}` }), [200, 'given']);
    const without = await fetch(`${stage.controller.url}${VTN_PATH}/events`);
    assert.equal(without.status, 401);
    const program = { programName: 'day-ahead', payloadDescriptors: DESCRIPTORS };
    assert.equal((await ask('house', 'POST', '/programs', program)).status, 403);
    programID = await made('/programs', program);
    assert.equal((await ask('utility', 'POST', '/programs', program)).status, 409);
    const report = { eventID: 'e', clientName: 'x', resources: [] };
    assert.equal((await ask('utility', 'POST', '/reports', report)).status, 403);
    const lost = await ask('utility', 'POST', '/events', { programID: 'no-such' });
    assert.equal(lost.status, 409);
    const wild = { programID, intervalPeriod: { start: 'yesterday' } };
    assert.equal((await ask('utility', 'POST', '/events', wild)).status, 400);
  });

  let eventId = '';
  it('tells a house prices, and limits from now until they are taken back', async () => {
    await made('/events', {
      programID,
      intervalPeriod: { start: iso(NOW), duration: 'PT1H' },
      intervals: [
        { id: 0, payloads: [price('PRICE', 0.17), price('EXPORT_PRICE', 0.05)] },
        { id: 1, payloads: [price('PRICE', 0.21, 1e-7)] },
      ],
    });
    const limit = (watts: number) => ({
      programID,
      intervalPeriod: { start: '0001-01-01T00:00:00Z', duration: 'P9999Y' },
      payloadDescriptors: [
        { objectType: 'EVENT_PAYLOAD_DESCRIPTOR', payloadType: 'IMPORT_CAPACITY_LIMIT', units: 'KW' },
      ],
      intervals: [{ id: 0, payloads: [{ type: 'IMPORT_CAPACITY_LIMIT', values: [watts] }] }],
    });
    eventId = await made('/events', limit(3.5));
    await ven.look();
    const [prices, cap] = signals();
    assert.ok(prices?.kind === 'price' && cap?.kind === 'dr-event');
    assert.deepEqual(prices.intervals, [
      { startMs: NOW, endMs: NOW + HOUR_MS, priceMicrosPerKWh: 170_000n, exportMicrosPerKWh: 50_000n },
      { startMs: NOW + HOUR_MS, endMs: NOW + 1.5 * HOUR_MS, priceMicrosPerKWh: 210_000n },
      { startMs: NOW + 1.5 * HOUR_MS, endMs: NOW + 2 * HOUR_MS, priceMicrosPerKWh: 0n },
    ]);
    assert.deepEqual([cap.capW, cap.startMs, cap.by], [3_500n, NOW, 'openadr.house-1']);
    assert.ok(cap.endMs > Date.UTC(2199, 0));
    stage.pass(1_000);
    await ven.look();
    assert.deepEqual(signals(), [prices, cap]);
    assert.equal((await ask('utility', 'PUT', `/events/${eventId}`, limit(2))).status, 200);
    await ven.look();
    assert.ok(signals().some((one) => one.kind === 'dr-event' && one.capW === 2_000n));
    assert.equal((await ask('utility', 'DELETE', `/programs/${programID}`)).status, 400);
    assert.equal((await ask('utility', 'DELETE', `/events/${eventId}`)).status, 200);
    await ven.look();
    assert.ok(signals().some((one) => one.kind === 'dr-event' && one.isCancelled === true));
  });

  it('shows a house what is for all and for its own targets, and nobody else’s objects', async () => {
    const forFeeder = { programID, targets: ['feeder-7', 'feeder-8'], eventName: 'feeder' };
    const id = await made('/events', {
      ...forFeeder,
      intervalPeriod: { start: iso(NOW), duration: 'PT2H' },
      intervals: [{ id: 0, payloads: [{ type: 'SIMPLE', values: [2] }] }],
    });
    const seen = async (client: string, query = '') =>
      (await listed(client, `/events${query}`)).map(({ eventName }) => eventName);
    await ven.look();
    assert.ok(!signals().some((one) => one.kind === 'dr-event' && one.reduceW === 1_500n));
    const own = await listed('house', '/vens');
    assert.deepEqual(
      own.map(({ venName }) => venName),
      ['house-1'],
    );
    assert.deepEqual(await listed('other', '/vens'), []);
    const venId = own[0]?.id ?? '';
    assert.equal((await ask('other', 'GET', `/vens/${venId}`)).status, 404);
    const asked = { objectType: 'VEN_VEN_REQUEST', venName: 'house-1', targets: ['feeder-7'] };
    await ask('house', 'PUT', `/vens/${venId}`, asked);
    assert.deepEqual(await seen('house', '?targets=feeder-7'), []);
    const granted = {
      objectType: 'BL_VEN_REQUEST',
      venName: 'house-1',
      clientID: 'house',
      targets: ['feeder-7'],
    };
    assert.equal((await ask('utility', 'PUT', `/vens/${venId}`, granted)).status, 200);
    assert.deepEqual(await seen('house', '?targets=feeder-7'), ['feeder']);
    assert.ok(!(await seen('house')).includes('feeder'));
    assert.deepEqual(await seen('other', '?targets=feeder-7'), []);
    const told = await ask('house', 'GET', `/events/${id}`);
    assert.deepEqual(told.told['targets'], ['feeder-7']);
    assert.equal((await ask('other', 'GET', `/events/${id}`)).status, 404);
    await ven.look();
    assert.ok(signals().some((one) => one.kind === 'dr-event' && one.reduceW === 1_500n));
    const resource = { objectType: 'VEN_RESOURCE_REQUEST', resourceName: 'meter', venID: venId };
    assert.equal((await ask('other', 'POST', '/resources', resource)).status, 409);
    await made('/resources', resource, 'house');
    assert.equal((await ask('utility', 'DELETE', `/vens/${venId}`)).status, 400);
  });

  it('tells subscribers what they may see, with their token', async () => {
    const heard: { readonly token: string | undefined; readonly body: Body }[] = [];
    const server = createServer((request: IncomingMessage, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        heard.push({ token: request.headers.authorization, body: JSON.parse(text) as Body });
        response.end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const callbackUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`;
    const subscribe = (client: string) =>
      made(
        '/subscriptions',
        {
          ...{ clientName: client, programID },
          objectOperations: [
            {
              objects: ['EVENT'],
              operations: ['CREATE', 'DELETE'],
              callbackUrl,
              bearerToken: `for-${client}`,
            },
          ],
        },
        client,
      );
    await subscribe('house');
    const others = await subscribe('other');
    const hidden = await made('/events', { programID, targets: ['feeder-8'] });
    const open = await made('/events', { programID });
    assert.equal((await ask('other', 'DELETE', `/subscriptions/${others}`)).status, 200);
    assert.equal((await ask('utility', 'DELETE', `/events/${open}`)).status, 200);
    assert.equal((await ask('utility', 'DELETE', `/events/${hidden}`)).status, 200);
    for (let waited = 0; heard.length < 3 && waited < 60_000; waited += 20)
      await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual(
      heard.map(({ token, body }) => [token, body['operation'], (body['object'] as Body).id]).sort(),
      [
        ['Bearer for-house', 'CREATE', open],
        ['Bearer for-house', 'DELETE', open],
        ['Bearer for-other', 'CREATE', open],
      ],
    );
    server.close();
  });

  it('is told once what a house took when it asked, also over a start anew of both', async () => {
    const id = await made('/events', {
      programID,
      reportDescriptors: [{ payloadType: 'USAGE' }],
      intervalPeriod: { start: iso(stage.nowMs()), duration: 'PT15M' },
      intervals: [{ id: 0, payloads: [price('PRICE', 0.3)] }],
    });
    const reports = async () => await listed('utility', `/reports?eventID=${id}`);
    await ven.look();
    assert.deepEqual(await reports(), []);
    stage.pass(HOUR_MS);
    await ven.look();
    await stage.startAnew();
    tokens.clear();
    ven = house();
    await ven.look();
    const [report, ...more] = await reports();
    assert.equal(more.length, 0);
    assert.deepEqual(
      (report?.['resources'] as { intervals: { payloads: unknown }[] }[])[0]?.intervals[0]?.payloads,
      [{ type: 'USAGE', values: [1.234] }],
    );
    assert.deepEqual(await listed('other', '/reports'), []);
    const active = await listed('utility', '/events?active=true');
    assert.ok(active.length > 0 && !active.some((one) => one.id === id));
  });
});
