import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { READER_LIMITS, type ReaderAnswer } from '@roamgrid/wire';
import { CIN, outletRig, shows, usual } from '../agent/outlet.fixture.ts';
import type { Outlet } from '../agent/outlet.ts';
import { SimulatedReader } from '../simulator/simulated-reader.ts';
import { serveReader } from './reader-socket.ts';

const codeOf = (answer: ReaderAnswer): string => (answer.ok ? `ok ${answer.screen}` : answer.code);

describe('the reader socket', () => {
  let rig: ReturnType<typeof outletRig>;
  let outlet: Outlet;
  let received: Awaited<ReturnType<typeof rig.with>>['gateway']['received'];
  let path: string;
  const closers: (() => unknown)[] = [];

  beforeEach(async () => {
    rig = outletRig();
    const made = await rig.with(usual('50000'));
    outlet = made.outlet;
    ({ received } = made.gateway);
    path = join(rig.folder, 'readers', 'm1.sock');
    const served = await serveReader({ outlet, path });
    closers.push(() => served.close());
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rig.close();
  });
  const reader = async () => {
    const connected = await SimulatedReader.connect(path);
    closers.push(() => connected.close());
    return connected;
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  it('is its owner’s alone, in a folder that nobody else may enter', () => {
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('takes a card for what the driver chose, and a driver who is being served keeps the outlet', async () => {
    outlet.choose({ requestedEnergyWh: 30_000n, plannedMs: 7_200_000 });
    const told = await reader();
    assert.deepEqual(await told.card(`roamgrid:cin:${CIN}`), { v: 1, ok: true, screen: 'offer' });
    const { cin, method, requestedEnergyWh, plannedMs } = received[0]?.body ?? {};
    assert.deepEqual([cin, method, requestedEnergyWh, plannedMs], [CIN, 'card', '30000', 7_200_000]);
    assert.equal(codeOf(await told.card(CIN)), 'OUTLET_BUSY');
    assert.equal(codeOf(await told.readError('unreadable')), 'ok offer');
    assert.equal(codeOf(await told.removed()), 'ok offer');
    outlet.decline();
    assert.equal(codeOf(await told.card(CIN)), 'ok offer');
    assert.equal(received.at(-1)?.body['requestedEnergyWh'], '10000', 'the next driver has chosen nothing');
  });

  it('shows a wrong card as refused, and sends nothing on', async () => {
    const told = await reader();
    assert.equal(codeOf(await told.card(`${CIN.slice(0, -1)}!`)), 'ok refused');
    assert.equal(codeOf(await told.card('UID 04:A2:19:FF')), 'ok refused');
    assert.equal(received.length, 0);
  });

  it('says on the screen whether a reader is there, and what it could not read', async () => {
    const screens: string[] = [];
    outlet.subscribe((state) => screens.push(state.screen === 'welcome' ? state.reader : state.screen));
    const told = await reader();
    await until(() => screens.length > 0);
    for (const reason of ['unreadable', 'several-cards', 'removed-too-soon'] as const)
      assert.equal(codeOf(await told.readError(reason)), 'ok welcome');
    await told.removed();
    told.close();
    await until(() => screens.at(-1) === 'none');
    assert.deepEqual(screens, ['ready', 'unreadable', 'several-cards', 'removed-too-soon', 'ready', 'none']);
    await shows(outlet, 'welcome');
  });

  const wrong: readonly (readonly [what: string, line: string, code: string])[] = [
    ['what is not JSON', 'card please', 'NOT_JSON'],
    ['an empty line', '', 'NOT_JSON'],
    ['another version', '{"v":2,"type":"card","content":"x"}', 'VERSION_UNSUPPORTED'],
    ['no version', '{"type":"card","content":"x"}', 'MESSAGE_INVALID'],
    ['another type', '{"v":1,"type":"swipe","content":"x"}', 'MESSAGE_INVALID'],
    ['a card without content', '{"v":1,"type":"card","content":""}', 'MESSAGE_INVALID'],
    ['a card with more than it holds', '{"v":1,"type":"removed","uid":"04A2"}', 'MESSAGE_INVALID'],
    ['a list', '[]', 'MESSAGE_INVALID'],
    ['nothing', 'null', 'MESSAGE_INVALID'],
    ['bytes that are no text', '\u0000\ufffd', 'NOT_JSON'],
  ];
  it('refuses each wrong line with its code, and goes on', async () => {
    const told = await reader();
    for (const [what, line, code] of wrong) assert.equal(codeOf(await told.raw(`${line}\n`)), code, what);
    assert.equal(codeOf(await told.card(CIN)), 'ok offer');
  });

  it('ends a connection with a line that is too long, whole or never ending, and serves the next', async () => {
    const whole = await reader();
    const long = `${JSON.stringify({ v: 1, type: 'card', content: 'x'.repeat(READER_LIMITS.lineBytes) })}\n`;
    assert.equal(codeOf(await whole.raw(long)), 'LINE_TOO_LONG');
    await assert.rejects(() => whole.removed());
    const endless = await reader();
    assert.equal(codeOf(await endless.raw('x'.repeat(READER_LIMITS.lineBytes))), 'LINE_TOO_LONG');
    assert.equal(codeOf(await (await reader()).removed()), 'ok welcome');
  });

  it('takes lines in pieces and several at once, answered in order', async () => {
    const socket = connect(path);
    closers.push(() => socket.destroy());
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    const removed = '{"v":1,"type":"removed"}\n';
    for (const piece of [removed.slice(0, 7), removed.slice(7) + removed, 'no\n']) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => heard.split('\n').length === 4);
    const codes = heard.trim().split('\n');
    assert.deepEqual(
      codes.map((line) => codeOf(JSON.parse(line) as ReaderAnswer)),
      ['ok welcome', 'ok welcome', 'NOT_JSON'],
    );
  });

  it('ends a connection that floods it, and one too many', async () => {
    const flooding = connect(path);
    closers.push(() => flooding.destroy());
    let heard = '';
    flooding.on('data', (chunk) => (heard += chunk.toString()));
    flooding.write('{"v":1,"type":"removed"}\n'.repeat(READER_LIMITS.linesPerSecond + 1));
    await until(() => flooding.destroyed || flooding.readableEnded || heard.includes('TOO_FAST'));
    assert.match(heard, /TOO_FAST/);
    flooding.destroy();
    await Promise.all([reader(), reader()].slice(0, READER_LIMITS.connections));
    const third = await reader();
    assert.equal(codeOf(await third.raw('')), 'TOO_MANY_READERS');
  });

  it('takes the place of a station that died, and never that of one that lives', async () => {
    await assert.rejects(() => serveReader({ outlet, path }), /READER_SOCKET_TAKEN/);
    assert.ok(existsSync(path));
    const left = join(rig.folder, 'readers', 'left.sock');
    writeFileSync(left, '');
    const again = await serveReader({ outlet, path: left });
    closers.push(() => again.close());
    assert.equal(codeOf(await (await SimulatedReader.connect(left)).removed()), 'ok welcome');
    const long = join(rig.folder, 'x'.repeat(120), 'm1.sock');
    await assert.rejects(() => serveReader({ outlet, path: long }), /READER_PATH/);
  });
});
