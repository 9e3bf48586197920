import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readDurable } from '@roamgrid/service-kit/runtime';
import { gate } from './gate/device.ts';
import { DeviceStage, makeKeys } from './simulator/stage.ts';

const car = makeKeys();
const stranger = makeKeys();
const plug = (keys: { readonly privateKey: string }) => ({ do: 'plug', id: 'car-1', key: keys.privateKey });

const start = () =>
  DeviceStage.start(() => gate({ vehicles: new Map([['car-1', car.verifies]]), blades: new Map() }));

describe('a driver of a device', () => {
  let stage: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    stage = await start();
    stage.looks = { forMs: 20, everyMs: 20 };
    await stage.act(plug(car));
    assert.equal(stage.state, 'open');
  });
  afterEach(() => stage.close());

  const power = async () => (await stage.world())['power'];

  it('switches off what it cannot write down, at once and not when the order runs out', async () => {
    rmSync(stage.folder, { recursive: true });
    writeFileSync(stage.folder, 'no folder any more');
    await stage.hands.act(plug(stranger), stage.nowMs);
    await assert.rejects(stage.driver.tick(stage.nowMs), { code: 'EEXIST' });
    assert.equal(await power(), 'off');
    await stage.hands.act({ do: 'unplug' }, stage.nowMs);
    rmSync(stage.folder);
    await stage.pass(40, 20);
    assert.equal(stage.state, 'closed', 'it goes on when there is room');
  });

  it('has written down each step when it is done with it', async () => {
    const path = join(stage.folder, 'gate-1.json');
    const steps = new Set<number | undefined>();
    for (let turn = 0; turn < 12; turn += 1) {
      for (const action of [{ do: 'unplug' }, plug(turn % 4 === 0 ? stranger : car)]) {
        await stage.hands.act(action, stage.nowMs);
        for (let look = 0; look < 2; look += 1) {
          await stage.pass(20, 20);
          const { log } = JSON.parse(readDurable(path) ?? '') as { readonly log: readonly object[] };
          const shown = stage.driver.view().log;
          assert.deepEqual(log, shown);
          steps.add(shown.at(-1)?.step);
        }
      }
    }
    assert.ok(steps.size > 20, `${steps.size}`);
  });

  it('puts a journal aside that the disk spoiled, and starts from a safe state', async () => {
    const path = join(stage.folder, 'gate-1.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('open', 'gone'));
    stage.restart();
    assert.equal(stage.driver.view().isSafe, true);
    assert.match(readFileSync(`${path}.damaged`, 'utf8'), /gone/);
    await stage.pass(40, 20);
    assert.equal(stage.state, 'open', 'whoever is plugged in proved it again');
  });

  it('has a device that refuses what is no exchange, with its reason, and serves on', async () => {
    const answers = await new Promise<string[]>((resolve) => {
      let heard = '';
      const socket = connect(stage.socket, () =>
        socket.write(
          [
            'on please',
            '{"v":2}',
            '{"v":1,"type":"exchange","atMs":0,"leaseMs":80,"order":{"power":"on"}}',
            '{"v":1,"type":"exchange","atMs":0,"leaseMs":0,"order":null}',
            '{"v":1,"type":"exchange","atMs":0,"leaseMs":80,"order":null}',
            '',
          ].join('\n'),
        ),
      );
      socket.on('data', (chunk) => {
        heard += chunk.toString();
        const lines = heard.trim().split('\n');
        if (lines.length < 5) return;
        socket.destroy();
        resolve(lines);
      });
    });
    const codes = answers.map((line) => {
      const { type, code } = JSON.parse(line) as { readonly type: string; readonly code?: string };
      return code ?? type;
    });
    assert.deepEqual(codes, ['NOT_JSON', 'MESSAGE_INVALID', 'ORDER_INVALID', 'MESSAGE_INVALID', 'reading']);
    await stage.pass(40, 20);
    assert.equal(await power(), 'on');
  });
});
