import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import WebSocket from 'ws';
import { startStage, PASSWORD, type Stage } from '../testing/stage.ts';
import { until } from '../testing/until.ts';
import { edgeConfig } from './config.ts';
import { createPasswordCheck, hashPassword } from './password.ts';
import { createEdge } from './edge.ts';
import { createLogger } from '@roamgrid/service-kit';
import { Registry } from 'prom-client';

const basic = (id: string, password: string): string =>
  `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;

describe('a station that connects', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      insecurePlainTransport: true,
      refusals: { pair: 3, address: 6, id: 5 },
    });
  });
  after(() => stage.close());

  /** Status of a refused upgrade, or 101. */
  const tryIn = async (
    path: string,
    headers: Record<string, string> = {},
    protocols = ['ocpp1.6'],
    from?: string,
  ): Promise<{ status: number; protocol: string; closed?: Promise<number> }> => {
    const socket = new WebSocket(stage.url.replace('/ocpp', path), protocols, {
      headers,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const closed = once(socket, 'close').then(([code]) => code as number);
    return new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => {
        resolve({ status: response.statusCode ?? 0, protocol: '' });
        response.destroy();
      });
      socket.on('open', () => {
        resolve({ status: 101, protocol: socket.protocol, closed });
        socket.terminate();
      });
      socket.on('error', (error) => {
        if (!/Unexpected server response|Server sent no subprotocol/.test(error.message)) reject(error);
      });
    });
  };

  it('is let in by its password and no other, whatever else it says', async () => {
    await stage.station('IN-1');
    const good = { authorization: basic('IN-1', PASSWORD) };
    assert.equal((await tryIn('/ocpp/IN-1', good, ['ocpp1.6'], '127.0.0.2')).status, 101);
    const wrong = { authorization: basic('IN-1', `${PASSWORD}x`) };
    assert.equal((await tryIn('/ocpp/IN-1', wrong, ['ocpp1.6'], '127.0.0.2')).status, 401);
    assert.equal((await tryIn('/ocpp/IN-1', {}, ['ocpp1.6'], '127.0.0.2')).status, 401);
    assert.equal(await stage.count('roamgrid_ocpp_refused_connections_total', 'reason', 'PASSWORD_WRONG'), 1);
    assert.equal(
      await stage.count('roamgrid_ocpp_refused_connections_total', 'reason', 'PASSWORD_MISSING'),
      1,
    );
  });

  it('is told the same for an unknown id as for a wrong password, and each is counted for itself', async () => {
    const answer = await tryIn(
      '/ocpp/NOBODY',
      { authorization: basic('NOBODY', PASSWORD) },
      ['ocpp1.6'],
      '127.0.0.3',
    );
    assert.equal(answer.status, 401);
    assert.equal(
      await stage.count('roamgrid_ocpp_refused_connections_total', 'reason', 'STATION_UNKNOWN'),
      1,
    );
  });

  it('is nobody at an address that names no station', async () => {
    for (const path of ['/ocpp', '/other/IN-1', '/ocpp/IN-1/more', `/ocpp/${'x'.repeat(49)}`, '/ocpp/a%20b'])
      assert.equal((await tryIn(path)).status, 404, path);
  });

  it('may not go on trying one id from one address, and comes in again from where it is known', async () => {
    await stage.station('TRIED');
    const wrong = { authorization: basic('TRIED', 'guess') };
    const good = { authorization: basic('TRIED', PASSWORD) };
    assert.equal((await tryIn('/ocpp/TRIED', good, ['ocpp1.6'], '127.0.0.9')).status, 101);
    for (const from of ['127.0.0.4', '127.0.0.5']) {
      for (let tries = 0; tries < 3; tries += 1) await tryIn('/ocpp/TRIED', wrong, ['ocpp1.6'], from);
      assert.equal((await tryIn('/ocpp/TRIED', good, ['ocpp1.6'], from)).status, 429, 'right by now, too');
    }
    assert.equal(
      (await tryIn('/ocpp/TRIED', good, ['ocpp1.6'], '127.0.0.6')).status,
      429,
      'the id is guessed at',
    );
    assert.equal((await tryIn('/ocpp/TRIED', good, ['ocpp1.6'], '127.0.0.9')).status, 101, 'its own address');
  });

  it('may not try more often by trying at once', async () => {
    await stage.station('AT-ONCE');
    const wrong = { authorization: basic('AT-ONCE', 'guess') };
    const tries = Array.from({ length: 20 }, () => tryIn('/ocpp/AT-ONCE', wrong, ['ocpp1.6'], '127.0.0.10'));
    const told = (await Promise.all(tries)).map(({ status }) => status);
    assert.equal(told.filter((status) => status === 401).length, 3, 'no more guesses than one after another');
    assert.equal(told.filter((status) => status === 429).length, 17);
  });

  it('is let in with many others that come from its address at once', async () => {
    const ids = Array.from({ length: 20 }, (_none, at) => `CROWD-${at}`);
    for (const id of ids) await stage.station(id);
    const tries = ids.map((id) =>
      tryIn(`/ocpp/${id}`, { authorization: basic(id, PASSWORD) }, ['ocpp1.6'], '127.0.0.11'),
    );
    for (const { status } of await Promise.all(tries)) assert.equal(status, 101);
  });

  it('may not go on trying ids from one address', async () => {
    for (let tries = 0; tries < 6; tries += 1)
      await tryIn(
        `/ocpp/GUESS-${tries}`,
        { authorization: basic(`GUESS-${tries}`, 'x') },
        ['ocpp1.6'],
        '127.0.0.7',
      );
    assert.equal((await tryIn('/ocpp/GUESS-9', {}, ['ocpp1.6'], '127.0.0.7')).status, 429);
  });

  it('speaks the newest version that both know', async () => {
    await stage.station('NEW-1');
    const headers = { authorization: basic('NEW-1', PASSWORD) };
    const offered = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];
    assert.equal((await tryIn('/ocpp/NEW-1', headers, offered, '127.0.0.8')).protocol, 'ocpp2.1');
    assert.equal(
      (await tryIn('/ocpp/NEW-1', headers, offered.slice(0, 2), '127.0.0.8')).protocol,
      'ocpp2.0.1',
    );
  });

  it('of a version that nobody knows here completes its handshake without one and is closed', async () => {
    await stage.station('OLD-1');
    // Clients of libraries end such a handshake themselves: this one reads on.
    const { port, hostname } = new URL(stage.url);
    const socket = connect({ port: Number(port), host: hostname, localAddress: '127.0.0.8' });
    const asked = [
      'GET /ocpp/OLD-1 HTTP/1.1',
      `Host: ${hostname}:${port}`,
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      `Sec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}`,
      'Sec-WebSocket-Protocol: ocpp1.5',
      `Authorization: ${basic('OLD-1', PASSWORD)}`,
    ];
    socket.write(`${asked.join('\r\n')}\r\n\r\n`);
    const heard: Buffer[] = [];
    for await (const chunk of socket) heard.push(chunk as Buffer);
    const all = Buffer.concat(heard);
    const [headers = ''] = all.toString('latin1').split('\r\n\r\n');
    assert.match(headers, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(headers, /sec-websocket-protocol/i);
    const frame = all.subarray(headers.length + 4);
    assert.deepEqual([frame[0], frame.readUInt16BE(2)], [0x88, 1_002], 'a close frame with its code');
    assert.match(frame.subarray(4).toString(), /ocpp2\.1, ocpp2\.0\.1, ocpp1\.6 alone/);
    assert.equal(stage.edge.live.of('OLD-1'), undefined);
  });

  it('that asks without an upgrade is told how to', async () => {
    const asked = request(stage.url.replace('ws:', 'http:')).end();
    const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    assert.equal(response.statusCode, 426);
  });

  it('is the newer of two sockets of one station: the older is closed with the reason', async () => {
    const first = await stage.station('TWICE', 'ocpp1.6');
    await first.switchOn();
    const closed = first.line.closed;
    const second = await stage.station('TWICE', 'ocpp2.0.1');
    await second.switchOn();
    const { code, reason } = (await closed) ?? { code: 0, reason: '' };
    assert.equal(code, 4_001);
    assert.match(reason, /replaced by a newer connection/);
    assert.equal(stage.edge.live.of('TWICE')?.protocol, 'ocpp2.0.1');
    await second.heartbeat();
    await second.switchOff();
    await until('the newer is gone, too', () => stage.edge.live.of('TWICE') === undefined);
  });
});

describe('an edge', () => {
  it('does not open without TLS unless somebody said that it is meant', () => {
    const settings = edgeConfig.parse({});
    const log = createLogger('ocpp-test', { level: 'silent' });
    const options = {
      settings,
      credentialOf: () => undefined,
      registry: new Registry(),
      log,
      nowMs: Date.now,
    };
    assert.throws(() => createEdge(options), /INSECURE: stations would send their passwords in plain text/);
  });

  it('keeps passwords as hashes with salts of their own, and knows a right one again', async () => {
    const { isRight, isKnown } = createPasswordCheck();
    const [one, other] = [await hashPassword('secret', 1_024), await hashPassword('secret', 1_024)];
    assert.notEqual(one, other);
    assert.ok(!isKnown(Buffer.from('secret'), one));
    assert.ok(await isRight(Buffer.from('secret'), one));
    assert.ok(isKnown(Buffer.from('secret'), one) && !isKnown(Buffer.from('secret'), other));
    assert.ok(!isKnown(Buffer.from('secrets'), one));
    for (const password of ['secrets', '', 'Secret'])
      assert.ok(!(await isRight(Buffer.from(password), one)), password);
    assert.ok(!(await isRight(Buffer.from('secret'), undefined)));
  });
});
