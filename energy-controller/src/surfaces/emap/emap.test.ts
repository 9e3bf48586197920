import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { createLogger } from '@roamgrid/service-kit';
import { generate, parse } from 'coap-packet';
import type { SignalBook } from '../../signals/signal-book.ts';
import { NOW, startStage, type Stage } from '../../stage/stage.ts';
import { CoapCaller } from './coap-caller.fixture.ts';
import type { EmapPeer } from './proof.ts';
import { startEmap, type EmapServer } from './server.ts';

const HOUR_MS = 3_600_000;
const peer = (peerId: string, may: EmapPeer['may']): EmapPeer => ({
  ...{ peerId, may, key: randomBytes(32).toString('base64url') },
});
const UTILITY = peer('utility', 'tell');
const READER = peer('display', 'read');
const log = createLogger('emap', { level: 'silent' });
const SOON = { timeoutMs: 60_000, stepMs: 20 };

const until = async (isSo: () => boolean): Promise<void> => {
  for (let waited = 0; !isSo(); waited += SOON.stepMs) {
    assert.ok(waited < SOON.timeoutMs, 'it did not come');
    await new Promise((done) => setTimeout(done, SOON.stepMs));
  }
};

/** A PUT of one message, or of one block under a token of its own. */
const packet = (path: string, query: string, payload: Buffer, id: number, block?: number): Buffer =>
  generate({
    ...{ code: 'PUT', messageId: id, token: Buffer.from([id]), confirmable: true, payload },
    options: [
      ...path
        .slice(1)
        .split('/')
        .map((part) => ({ name: 'Uri-Path' as const, value: Buffer.from(part) })),
      ...query.split('&').map((part) => ({ name: 'Uri-Query' as const, value: Buffer.from(part) })),
      ...(block === undefined ? [] : [{ name: 'Block1' as const, value: Buffer.from([block]) }]),
    ],
  });

describe('JSON over CoAP: what a house is told and asked on its own network', function () {
  this.timeout(120_000);
  let stage: Stage;
  let server: EmapServer;
  const callers = new Map<EmapPeer, CoapCaller>();
  /** One for each peer, whose numbers grow. */
  const callerOf = (who: EmapPeer): CoapCaller => {
    const caller = callers.get(who) ?? new CoapCaller(server.port, who, stage.nowMs);
    callers.set(who, caller);
    return caller;
  };
  before(async () => {
    stage = await startStage({ nodes: [{ nodeId: 'site', kind: 'connection' }], loads: [] });
    server = await startEmap(
      { host: '127.0.0.1', port: 0, peers: [UTILITY, READER] },
      {
        book: stage.controller.signals.get('s1') as SignalBook,
        der: () => ({ sources: [{ sourceId: 'sun', kind: 'renewable', measuredW: '3000' }] }),
        nowMs: stage.nowMs,
      },
      log,
    );
  });
  after(async () => {
    for (const caller of callers.values()) caller.close();
    await server.close();
    await stage.close();
  });

  const prices = (version: number) => ({
    version,
    intervals: Array.from({ length: 96 }, (_, at) => ({
      ...{ startMs: NOW + at * HOUR_MS, endMs: NOW + (at + 1) * HOUR_MS },
      priceMicrosPerKWh: String(100_000 + at),
    })),
  });

  it('takes and tells a long price in blocks', async () => {
    const utility = callerOf(UTILITY);
    const display = callerOf(READER);
    assert.deepEqual(await utility.put('/emap/price/day', prices(1)), {
      ...{ code: '2.04', body: { outcome: 'taken' } },
    });
    assert.deepEqual(await utility.put('/emap/price/day', prices(1)), {
      ...{ code: '2.04', body: { outcome: 'known' } },
    });
    const read = await display.get('/emap/price');
    const told = { kind: 'price', signalId: 'day', by: 'emap.utility', ...prices(1) };
    assert.deepEqual(read, { code: '2.05', body: { signals: [told] } });
    assert.deepEqual((await display.get('/emap/der')).body, {
      sources: [{ sourceId: 'sun', kind: 'renewable', measuredW: '3000' }],
    });
  });

  it('puts blocks together that have a token each, and keeps none that nobody proved', async () => {
    const path = '/emap/dr/e-blocks';
    const body = Buffer.from(JSON.stringify({ version: 1, startMs: NOW, endMs: NOW + 1, capW: '1' }));
    const query = callerOf(UTILITY).query('PUT', path, body);
    const socket = createSocket('udp4');
    const codes: string[] = [];
    socket.on('message', (bytes) => codes.push(parse(bytes).code));
    // 32 bytes each.
    const last = Math.ceil(body.length / 32) - 1;
    for (let num = 0; num <= last; num += 1) {
      const part = body.subarray(num * 32, (num + 1) * 32);
      const block = (num << 4) | (num < last ? 8 : 0) | 1;
      socket.send(packet(path, query, part, num + 1, block), server.port, '127.0.0.1');
      await until(() => codes.length > num);
    }
    assert.deepEqual(codes, [...Array.from({ length: last }, () => '2.31'), '2.04']);
    socket.send(packet(path, 'from=utility', body, 99, 0 | 8 | 1), server.port, '127.0.0.1');
    await until(() => codes.length > last + 1);
    assert.equal(codes.at(-1), '5.00');
    socket.close();
  });

  it('tells observers that something changed in a few bytes, however long it is', async () => {
    const utility = callerOf(UTILITY);
    const heard: unknown[] = [];
    await callerOf(READER).observe('/emap/price', (body) => heard.push(body));
    await until(() => heard.length === 1);
    await utility.put('/emap/price/day', prices(2));
    await until(() => heard.length === 2);
    const [before, after] = heard as { changes: number }[];
    assert.equal(after?.changes, (before?.changes ?? 0) + 1);
  });

  it('refuses who is not known, reads alone, or says what it cannot be', async () => {
    const event = { version: 1, startMs: NOW, endMs: NOW + HOUR_MS, capW: '3000' };
    const forged = callerOf({ ...UTILITY, key: READER.key });
    assert.equal((await forged.put('/emap/dr/e-1', event)).code, '4.01');
    assert.equal((await forged.put('/emap/price/day', prices(3))).code, '5.00');
    assert.equal((await callerOf(READER).put('/emap/dr/e-1', event)).code, '4.03');
    const utility = callerOf(UTILITY);
    assert.equal((await utility.put('/emap/dr/e-1', { ...event, endMs: NOW })).code, '4.00');
    assert.equal((await utility.put('/emap/dr/e-1', event)).code, '2.04');
    assert.equal((await utility.put('/emap/dr/e-1', { ...event, capW: '9000' })).code, '4.09');
    assert.equal((await utility.get('/emap/none')).code, '4.04');
    const late = new CoapCaller(server.port, UTILITY, () => stage.nowMs() - HOUR_MS);
    assert.equal((await late.get('/emap/price')).code, '4.01');
    late.close();
  });

  it('does once what arrives three times while it is still being done, and answers each', async () => {
    let put = 0;
    let open: (() => void) | undefined;
    const gate = new Promise<void>((done) => (open = done));
    const slow = {
      onChange: () => () => false,
      put: async () => {
        put += 1;
        await gate;
        return 'taken' as const;
      },
    } as unknown as SignalBook;
    const other = await startEmap(
      { host: '127.0.0.1', port: 0, peers: [UTILITY] },
      { book: slow, der: () => ({}), nowMs: stage.nowMs },
      log,
    );
    const body = Buffer.from(JSON.stringify({ version: 1, startMs: NOW, endMs: NOW + 1, capW: '1' }));
    const path = '/emap/dr/e-9';
    const query = callerOf(UTILITY).query('PUT', path, body);
    const message = packet(path, query, body, 77);
    const socket = createSocket('udp4');
    const answers: string[] = [];
    socket.on('message', (bytes) => {
      const { code, payload } = parse(bytes);
      if (code !== '0.00') answers.push(`${code} ${payload.toString()}`);
    });
    for (let copy = 0; copy < 3; copy += 1) socket.send(message, other.port, '127.0.0.1');
    await until(() => put > 0);
    // Those that were not answered yet when it began are there by now, or soon.
    socket.send(message, other.port, '127.0.0.1');
    open?.();
    await until(() => answers.length >= 2);
    assert.equal(put, 1);
    assert.ok(answers.every((one) => one === '2.04 {"outcome":"taken"}'));
    socket.close();
    await other.close();
  });
});
