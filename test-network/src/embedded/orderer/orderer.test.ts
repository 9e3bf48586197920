import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { BlockCutter } from './block-cutter.ts';
import { Orderer } from './orderer.ts';

interface Message {
  readonly id: number;
  readonly bytes: number;
}

const config = { maxMessageCount: 4, preferredMaxBytes: 100, absoluteMaxBytes: 1000, timeoutMs: 30 };

describe('block cutter', () => {
  it('keeps the order, loses nothing, and exceeds a limit only with a lone message', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (list) => {
        const cutter = new BlockCutter<Message>(config);
        const batches = list.flatMap((bytes, id) => cutter.add({ id, bytes }));
        batches.push(cutter.cut());
        assert.deepEqual(
          batches.flat().map(({ id }) => id),
          list.map((_, id) => id),
        );
        for (const batch of batches) {
          assert.ok(batch.length <= config.maxMessageCount);
          const bytes = batch.reduce((sum, each) => sum + each.bytes, 0);
          assert.ok(bytes <= config.preferredMaxBytes || batch.length === 1);
        }
      }),
    );
  });

  it('puts a message over the preferred size into a block of its own, after what was pending', () => {
    const cutter = new BlockCutter<Message>(config);
    assert.deepEqual(cutter.add({ id: 1, bytes: 10 }), []);
    assert.deepEqual(cutter.add({ id: 2, bytes: 101 }), [[{ id: 1, bytes: 10 }], [{ id: 2, bytes: 101 }]]);
    assert.equal(cutter.pending, 0);
  });
});

describe('orderer', () => {
  const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('delivers a lone message after the timeout and one batch after another', async () => {
    const delivered: number[][] = [];
    let running = 0;
    const orderer = new Orderer<Message>(
      config,
      async (batch) => {
        running += 1;
        assert.equal(running, 1, 'one batch at a time');
        await delay(5);
        delivered.push(batch.map(({ id }) => id));
        running -= 1;
      },
      (error) => assert.fail(String(error)),
    );
    orderer.order({ id: 0, bytes: 1 });
    await delay(10);
    assert.deepEqual(delivered, []);
    await delay(60);
    assert.deepEqual(delivered, [[0]]);
    for (let id = 1; id <= 9; id += 1) orderer.order({ id, bytes: 1 });
    await orderer.stop();
    assert.deepEqual(delivered, [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]);
  });

  it('delivers what is ordered at the very moment that a batch is done', async () => {
    const delivered: number[] = [];
    let done: () => void = () => undefined;
    const orderer = new Orderer<Message>(
      { ...config, timeoutMs: 60_000 },
      (batch) => {
        delivered.push(...batch.map(({ id }) => id));
        done();
        return Promise.resolve();
      },
      (error) => assert.fail(String(error)),
    );
    for (let id = 0; id < 20; id += 1) {
      const committed = new Promise<void>((resolve) => (done = resolve));
      orderer.order({ id, bytes: 1 });
      orderer.flush();
      await committed;
      for (let turn = 0; turn < id % 5; turn += 1) await Promise.resolve();
    }
    assert.deepEqual(
      delivered,
      Array.from({ length: 20 }, (_, id) => id),
    );
  });

  it('stops for good when a batch cannot be committed, and says so', async () => {
    const failures: unknown[] = [];
    const orderer = new Orderer<Message>(
      config,
      () => Promise.reject(new Error('disk full')),
      (error) => failures.push(error),
    );
    for (let id = 0; id < 8; id += 1) orderer.order({ id, bytes: 1 });
    await orderer.stop();
    assert.equal(failures.length, 1);
    assert.equal(orderer.accepting, false);
  });
});
