import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import type { Command } from '@roamgrid/offline';
import { WebSocket } from 'ws';
import type { Overheard } from './phone-radio.ts';
import { openUnderground } from './underground.ts';

const START: Command = { kind: 'start', energyWh: 10_000n };
const STOP: Command = { kind: 'stop' };

describe('a charger in a process of its own, with a radio and no network', function () {
  this.timeout(60_000);
  let folder = '';
  let there: Awaited<ReturnType<typeof openUnderground>>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'underground-'));
    there = await openUnderground(folder);
    await there.charger().act('plug-in');
  });
  after(async () => {
    await there.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts and stops for a phone in another process, and who listens to the frames between learns nothing', async () => {
    const phone = await there.phone();
    const overheard: Overheard = { frames: [] };
    const { met } = await there.meet(phone, START, { overheard });
    await unwrap(met).end();
    assert.deepEqual((await there.charger().act('look')).isCableLocked, true);
    const { met: stopped } = await there.meet(phone, STOP, { overheard });
    const records = await there.collect(unwrap(stopped));
    await unwrap(stopped).end();
    assert.deepEqual(
      records.map(({ number, askedWh, facts }) => [number, askedWh, facts.reason]),
      [[1, 10_000n, 'stopped']],
    );
    assert.equal((await there.charger().act('look')).isCableLocked, false);
    const heard = Buffer.concat(overheard.frames);
    // Whole or in part: neither the token nor what the meter signed goes by in clear.
    for (const secret of [phone.token, Buffer.from(records[0]?.facts.signed ?? '')])
      for (let at = 0; at + 16 <= secret.length; at += 16)
        assert.equal(heard.indexOf(secret.subarray(at, at + 16)), -1, `byte ${at}`);
    assert.ok(overheard.frames.every(({ length }) => length <= 244));
  });

  it('has ended what ran when power comes back, and starts nothing by the same token', async () => {
    const phone = await there.phone();
    await unwrap((await there.meet(phone, START)).met).end();
    await there.powerAgain();
    const seen = await there.charger().act('plug-in');
    assert.deepEqual([seen.bootCounter, seen.running], [2, undefined]);
    const { met: again } = await there.meet(phone, { kind: 'collect' });
    const [record] = await there.collect(unwrap(again));
    await unwrap(again).end();
    const { met } = await there.meet(phone, START);
    // Where nothing flowed before the cut, nothing was used of the token.
    if (record === undefined) assert.ok(met.ok);
    else assert.deepEqual([record.facts.reason, !met.ok && met.error.code], ['power-cut', 'TOKEN_SPENT']);
  });

  it('has a radio for two phones at a time, and for frames alone', async () => {
    const url = there.charger().radioUrl;
    /** A phone that comes near, and when it is gone again. */
    const near = async () => {
      const socket = new WebSocket(url);
      const gone = once(socket, 'close');
      await once(socket, 'open');
      return { socket, gone };
    };
    const [one, two] = [await near(), await near()];
    await (
      await near()
    ).gone;
    one.socket.send(new Uint8Array(245));
    await one.gone;
    two.socket.close();
    await two.gone;
    assert.equal((await fetch(url.replace('ws:', 'http:'))).status, 426);
  });

  it('waits for a phone, answers each question with its own answer, and whoever asks it after its end hears why it ended', async () => {
    const held = await openUnderground(join(folder, 'held'), {
      ...{ heldAtMs: Date.now(), stepMs: 1_000, againMs: 20 },
    });
    const charger = held.charger();
    try {
      // It sends again every 20 ms what a phone does not answer whose machine does something else for a second.
      let frames = 0;
      const carry = (frame: Uint8Array) => {
        if (frame.length > 2 && (frames += 1) === 2)
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
        return [{ frame, lateMs: 0 }];
      };
      const { met } = await held.meet(await held.phone(), { kind: 'collect' }, { air: { carry } });
      await unwrap(met).end();
      const passed = [3, 1, 2].map((seconds) => charger.act({ passMs: seconds * 1_000, everyMs: 1_000 }));
      const counts = (await Promise.all(passed)).map(({ registers }) => registers.length);
      assert.deepEqual(counts, [3, 1, 2]);
    } finally {
      await held.close();
    }
    await assert.rejects(charger.act('look'), /GB\*PKC\*E0001\*1: it has no power \(SIGKILL\)/);
    // Its program fails: only where time is held does it pass when told to.
    for (const what of [{ passMs: 1_000 }, 'look'] as const)
      await assert.rejects(there.charger().act(what), /Error: its time passes by itself[^]*\(exit 1\)/);
  });
});
