import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from '@roamgrid/service-kit/peers';
import { writeDurably } from '@roamgrid/service-kit/runtime';
import { cabinetEvents, type CabinetEvent } from '@roamgrid/wire';
import { CONTROLLER } from '../samples/index.ts';
import { Stand } from '../testing/stand.ts';

describe('a cabinet', () => {
  let stand: Stand;
  afterEach(() => stand.close());

  const asPeer = (peer: Peer) => stand.neighbours.ask(peer, 's1');
  const untold = async (): Promise<readonly CabinetEvent[]> => {
    const controller = await asPeer(CONTROLLER);
    const path = '/v1/events?after=0';
    const asked = await controller.ask({ method: 'GET', path, answer: cabinetEvents, timeoutMs: 5_000 });
    await controller.close();
    assert.ok(asked.ok, JSON.stringify(asked));
    return asked.value.events;
  };

  it('is one time too hot however many measure it, until it is well everywhere', async () => {
    stand = await Stand.make(['s1']);
    await stand.start('s1');
    const [blade, sensor] = [
      await asPeer({ role: 'blade', id: 's1-b1' }),
      await asPeer({ role: 'sensor', id: 's1-door' }),
    ];
    const measure = async (inBlade: number, inCabinet: number): Promise<number> => {
      const tell = { method: 'PUT', timeoutMs: 5_000 } as const;
      const body = { milliCelsius: inBlade, isFaulty: false };
      assert.ok((await blade.ask({ ...tell, path: '/v1/blades/self', body })).ok);
      const report = { milliCelsius: inCabinet };
      assert.ok((await sensor.ask({ ...tell, path: '/v1/sensor', body: report })).ok);
      return (await untold()).length;
    };
    assert.equal(await measure(20_000, 30_000), 0);
    for (let again = 0; again < 3; again += 1) assert.equal(await measure(60_000, 30_000), 1);
    assert.equal(await measure(60_000, 56_000), 1);
    assert.equal(await measure(40_000, 56_000), 1);
    assert.equal(await measure(40_000, 30_000), 1);
    assert.equal(await measure(60_000, 30_000), 2);
    await blade.close();
    await sensor.close();
  });

  it('tells all that nobody heard for long, as much at a time as can be read at once', async () => {
    stand = await Stand.make(['s1']);
    const events = Array.from({ length: 10_000 }, (_, index) => ({
      ...{
        sequence: index + 1,
        eventId: `s1-${index + 1}`,
        cabinetId: 's1',
        code: 'VIBRATION',
        sinceMs: index,
      },
    }));
    const state = { door: 'shut', isWanted: false, lasting: {} };
    mkdirSync(join(stand.folder, 's1'), { mode: 0o700 });
    writeDurably(join(stand.folder, 's1', 'cabinet'), JSON.stringify({ state, sequence: 10_001, events }));
    await stand.start('s1');
    const controller = await asPeer(CONTROLLER);
    const heard: number[] = [];
    for (;;) {
      const page = await untold();
      const through = page.at(-1)?.sequence;
      if (through === undefined) break;
      assert.ok(page.length <= 1_000, `${page.length} events in one answer`);
      heard.push(...page.map(({ sequence }) => sequence));
      const path = '/v1/events/acknowledged';
      await controller.ask({ method: 'PUT', path, body: { through }, timeoutMs: 5_000 });
    }
    await controller.close();
    assert.deepEqual(
      heard,
      events.map(({ sequence }) => sequence),
    );
  });
});
