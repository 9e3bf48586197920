import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, programArguments } from '@roamgrid/service-kit';
import { deviceList, deviceView, type DeviceView } from '@roamgrid/wire';
import { startCentre } from '../centre/start.ts';
import { spawnDevice, type SpawnedDevice } from '../simulator/spawn.ts';
import { makeKeys, OPERATOR_TOKEN, SITE_TOKEN, noticesOf } from '../simulator/stage.ts';
import type { DevicesConfig } from './config.ts';

const car = makeKeys();
const badge = makeKeys();
const stranger = makeKeys();
const transmitter = makeKeys();
const receiver = makeKeys();
const STATION_TOKEN = 'station-token-station-token-station';

const CAR = { do: 'plug', id: 'car-1', key: car.privateKey };
const ROGUE = { do: 'plug', id: 'car-1', key: stranger.privateKey };

/** The program, as an operator starts it. */
const startProgram = async (config: DevicesConfig, folder: string) => {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(
    process.execPath,
    [...programArguments(join(import.meta.dirname, 'main.ts')), '--config', file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
};

describe('the devices of a site, as a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'devices-'));
  let gate: SpawnedDevice;
  let depository: SpawnedDevice;
  let line: SpawnedDevice;
  let child: ChildProcess;
  let url: string;
  let config: DevicesConfig;
  let centrePort = 0;
  const closers: (() => unknown)[] = [];

  const startCentreAt = async (port: number) => {
    const centre = await startCentre({
      listen: { port },
      folder: join(folder, 'centre'),
      siteTokens: [SITE_TOKEN],
      operatorTokens: [OPERATOR_TOKEN],
      logLevel: 'silent',
    });
    return centre;
  };
  let centre: Awaited<ReturnType<typeof startCentreAt>>;

  before(async () => {
    [gate, depository, line, centre] = await Promise.all([
      spawnDevice('gate', 'own'),
      spawnDevice('depository', 'own'),
      spawnDevice('line', 'own'),
      startCentreAt(0),
    ]);
    closers.push(
      () => gate.close(),
      () => depository.close(),
      () => line.close(),
      () => centre.close(),
    );
    centrePort = Number(new URL(centre.url).port);
    config = {
      siteId: 'site-1',
      stateDir: join(folder, 'state'),
      centre: { url: centre.url, token: SITE_TOKEN },
      operatorTokens: [OPERATOR_TOKEN],
      stationTokens: [STATION_TOKEN],
      tellAgainAfterMs: 50,
      logLevel: 'silent',
      devices: [
        {
          device: 'gate',
          deviceId: 'gate-1',
          socket: gate.socket,
          vehicles: [{ id: 'car-1', publicKey: car.publicKey }],
          blades: [],
          line: 'line-1',
        },
        {
          ...{ device: 'line', deviceId: 'line-1', socket: line.socket },
          transmitter: { id: 'transmitter-1', privateKey: transmitter.privateKey },
          receiver: { id: 'receiver-1', publicKey: receiver.publicKey },
        },
        {
          device: 'depository',
          deviceId: 'depository-1',
          socket: depository.socket,
          badges: [{ id: 'badge-7', role: 'driver', publicKey: badge.publicKey }],
        },
      ],
    };
    ({ child, url } = await startProgram(config, folder));
  });
  after(async () => {
    child.kill('SIGKILL');
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (deviceId: string, body: object, token = OPERATOR_TOKEN, door = 'requests') => {
    const asked = await call({
      method: 'POST',
      url: `${url}/devices/${deviceId}/${door}`,
      headers: { authorization: `Bearer ${token}` },
      body,
      timeoutMs: 5_000,
    });
    if (asked.ok) return asked.status.toString();
    return asked.failure.kind === 'problem' ? asked.failure.problem.code : asked.failure.kind;
  };
  const view = async (deviceId: string): Promise<DeviceView> => {
    const asked = await call({
      method: 'GET',
      url: `${url}/devices/${deviceId}`,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
      answer: deviceView,
      timeoutMs: 5_000,
    });
    assert.ok(asked.ok);
    return asked.value;
  };
  const until = async (holds: () => Promise<boolean>) => {
    for (let i = 0; !(await holds()); i += 1) {
      assert.ok(i < 500, 'it never came to that');
      await sleep(10);
    }
  };
  const inState = (deviceId: string, state: string) =>
    until(async () => (await view(deviceId)).state === state);
  const world = async (device: SpawnedDevice, key: string) => (await device.hands.look())[key];

  it('cuts power and data within 100 ms of a failed authentication by the clock on the wall, five times each way', async () => {
    for (let i = 0; i < 5; i += 1) {
      await gate.hands.act(CAR);
      await until(async () => (await world(gate, 'power')) === 'on');
      await gate.hands.act(ROGUE);
      await until(async () => (await world(gate, 'power')) === 'off');
      const afterVehicle = await world(gate, 'cutAfterMs');
      assert.ok(typeof afterVehicle === 'number' && afterVehicle <= 100, `${String(afterVehicle)} ms`);
      await gate.hands.act({ do: 'unplug' });
      await inState('gate-1', 'closed');

      await gate.hands.act(CAR);
      await until(async () => (await world(gate, 'power')) === 'on');
      await gate.hands.act({ do: 'note-failure' });
      assert.equal(await ask('gate-1', { type: 'driver-refused' }, STATION_TOKEN, 'station-requests'), '204');
      assert.equal(await world(gate, 'data'), 'closed');
      await gate.hands.act({ do: 'unplug' });
      await inState('gate-1', 'closed');
    }
  });

  it('ends power and data within 100 ms when its process is killed, and starts again in a safe state', async () => {
    await gate.hands.act(CAR);
    await until(async () => (await world(gate, 'power')) === 'on');
    child.kill('SIGKILL');
    await gate.hands.act({ do: 'note-failure' });
    await until(async () => (await world(gate, 'power')) === 'off');
    const cut = await world(gate, 'cutAfterMs');
    assert.ok(typeof cut === 'number' && cut <= 100, `${String(cut)} ms`);
    await gate.hands.act({ do: 'unplug' });
    ({ child, url } = await startProgram(config, folder));
    await inState('gate-1', 'closed');
    assert.equal((await view('gate-1')).isSafe, true);
  });

  it('has the line to a gate on while that is open alone, whoever asks, and not again by itself after it tripped', async () => {
    await line.hands.act({
      ...{ do: 'receiver', id: 'receiver-1', key: receiver.privateKey },
      transmitterKey: transmitter.publicKey,
    });
    await inState('line-1', 'off');
    assert.equal(await ask('line-1', { type: 'on' }), 'NOT_POSSIBLE_NOW');
    assert.deepEqual((await view('line-1')).possible, ['off']);
    assert.deepEqual([(await view('line-1')).state, await world(line, 'pulses')], ['off', 0]);

    await gate.hands.act(CAR);
    await inState('line-1', 'live');
    await gate.hands.act(ROGUE);
    const failedMs = performance.now();
    await inState('line-1', 'off');
    const tookMs = performance.now() - failedMs;
    const pulses = await world(line, 'pulses');
    await sleep(50);
    assert.equal(await world(line, 'pulses'), pulses, 'pulses went on');
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    await gate.hands.act({ do: 'unplug' });
    await inState('gate-1', 'closed');

    await gate.hands.act(CAR);
    await inState('line-1', 'live');
    await line.hands.act({ do: 'fault', is: 'contact' });
    await inState('line-1', 'tripped');
    await line.hands.act({ do: 'fault', is: null });
    await sleep(100);
    assert.deepEqual([(await view('line-1')).state, (await view('gate-1')).state], ['tripped', 'open']);
    assert.equal(await ask('line-1', { type: 'on' }), '200');
    await inState('line-1', 'live');
    await gate.hands.act({ do: 'unplug' });
    await inState('line-1', 'off');
    await until(async () => (await view('line-1')).untold === 0);
  });

  it('keeps what it could not tell, over a kill and an absence of the control centre, and tells it once', async () => {
    await centre.close();
    await inState('depository-1', 'closed');
    await depository.hands.act({ do: 'show-badge', badgeId: 'badge-7', key: badge.privateKey });
    await inState('depository-1', 'released');
    await depository.hands.act({ do: 'open' });
    await depository.hands.act({ do: 'put-faulty', serials: ['blade-31'] });
    await until(async () => (await view('depository-1')).untold === 1);
    child.kill('SIGKILL');
    await depository.hands.act({ do: 'put-faulty', serials: ['blade-32'] });
    await depository.hands.act({ do: 'shut' });
    ({ child, url } = await startProgram(config, folder));
    await until(async () => (await view('depository-1')).untold === 2);
    centre = await startCentreAt(centrePort);
    await until(async () => (await view('depository-1')).untold === 0);
    const notices = await noticesOf(centre.url);
    assert.deepEqual(
      notices
        .filter(({ deviceId }) => deviceId === 'depository-1')
        .map(({ code, facts }) => `${code} ${facts['serial'] ?? ''}`),
      ['FAULTY_BLADE_INSIDE blade-31', 'FAULTY_BLADE_INSIDE blade-32'],
    );
  });

  it('answers operators and stations, each what is theirs, and says what is possible', async () => {
    assert.equal(await ask('gate-1', { type: 'clear' }), 'NOT_POSSIBLE_NOW');
    assert.equal(await ask('gate-1', { type: 'cut-blade', id: 'blade-9' }), 'CONDITION_NOT_MET');
    assert.equal(await ask('gate-1', { type: 'driver-refused' }), 'NOT_POSSIBLE_NOW');
    assert.equal(await ask('gate-1', { type: 'clear' }, STATION_TOKEN), 'UNAUTHENTICATED');
    assert.equal(
      await ask('gate-1', { type: 'driver-refused' }, OPERATOR_TOKEN, 'station-requests'),
      'UNAUTHENTICATED',
    );
    assert.equal(await ask('gate-9', { type: 'clear' }), 'DEVICE_UNKNOWN');
    assert.equal(await ask('gate-1', { type: 'DROP' }), 'INVALID_REQUEST');
    const all = await call({
      method: 'GET',
      url: `${url}/devices`,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
      answer: deviceList,
      timeoutMs: 5_000,
    });
    assert.ok(all.ok);
    assert.deepEqual(
      all.value.devices.map(({ deviceId, state, isReached }) => ({ deviceId, state, isReached })),
      [
        { deviceId: 'gate-1', state: 'closed', isReached: true },
        { deviceId: 'line-1', state: 'off', isReached: true },
        { deviceId: 'depository-1', state: 'closed', isReached: true },
      ],
    );
    assert.deepEqual((await view('gate-1')).possible, ['cut-blade']);
  });
});
