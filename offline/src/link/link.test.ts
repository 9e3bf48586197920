import assert from 'node:assert/strict';
import { seededChance } from '@roamgrid/domain/chance';
import fc from 'fast-check';
import { Air, SimulatedTime, type AirOptions } from '../testing/air.ts';
import { ackOf, BEARER, framesOf, mostBytes, readFrame } from './frames.ts';
import { Link, LinkLost } from './link.ts';

const PACE = { againMs: 60, tries: 40 };

const linked = (options: Partial<AirOptions> = {}, seed = 1, pace = PACE) => {
  const time = new SimulatedTime();
  const air = new Air({ time, frameBytes: BEARER.gattUsual, chance: seededChance(seed), ...options });
  return {
    time,
    air,
    a: new Link(air.side(0), time.after, pace),
    b: new Link(air.side(1), time.after, pace),
  };
};
const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 0xff);

describe('frames', () => {
  it('put a message together again, in every size of a bearer', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.integer({ min: 20, max: 255 }),
        fc.nat(200),
        (bytes, size, number) => {
          const frames = framesOf(bytes, number, size);
          assert.ok(frames.every(({ length }) => length <= size));
          const read = frames.map((frame) => readFrame(frame));
          assert.deepEqual(
            read.map((frame) => frame?.place),
            frames.map((_, at) => at),
          );
          assert.deepEqual(
            read.map((frame) => frame?.isLast),
            frames.map((_, at) => at === frames.length - 1),
          );
          assert.deepEqual(
            Buffer.concat(read.map((frame) => frame?.part ?? new Uint8Array())),
            Buffer.from(bytes),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuse a message that is too long for them', () => {
    for (const size of Object.values(BEARER)) {
      assert.equal(framesOf(new Uint8Array(mostBytes(size)), 0, size).length, 256);
      assert.throws(() => framesOf(new Uint8Array(mostBytes(size) + 1), 0, size), RangeError);
    }
    assert.throws(() => framesOf(new Uint8Array(1), 0, 2), RangeError);
  });

  it('are not read from less, and an answer carries nothing', () => {
    assert.equal(readFrame(new Uint8Array()), undefined);
    assert.equal(readFrame(Uint8Array.of(1)), undefined);
    assert.equal(readFrame(Uint8Array.of(...ackOf({ message: 3, place: 1 }), 9)), undefined);
  });
});

describe('a link', () => {
  it('brings every message once and in order, however many frames are lost, doubled and reordered', async () => {
    for (const frameBytes of [BEARER.gattLeast, 23, 100, BEARER.gattUsual, BEARER.isoDep])
      for (const seed of [1, 2, 3, 4]) {
        const bad = { frameBytes, loss: 0.2, doubled: 0.2, leastMs: 5, spreadMs: 80 };
        const { time, a, b } = linked(bad, seed);
        const messages = Array.from({ length: 6 }, (_, at) => bytesOf([0, 1, 17, 18, 300, 900][at] ?? 0, at));
        const talk = async (): Promise<void> => {
          for (const message of messages) {
            await a.send(message);
            assert.deepEqual(await b.receive(), message);
            await b.send(message);
            assert.deepEqual(await a.receive(), message);
          }
        };
        await time.until(talk());
      }
  });

  it('takes messages of both sides at once', async () => {
    const { time, a, b } = linked({ loss: 0.2, doubled: 0.1, spreadMs: 50 });
    const both = Promise.all([a.send(bytesOf(500, 1)), b.send(bytesOf(700, 2)), a.receive(), b.receive()]);
    const [, , atA, atB] = await time.until(both);
    assert.deepEqual([atA, atB], [bytesOf(700, 2), bytesOf(500, 1)]);
  });

  it('goes on for more messages than their numbers count', async () => {
    const { time, a, b } = linked({ loss: 0.1, doubled: 0.3, spreadMs: 100 });
    const talk = async (): Promise<void> => {
      for (let at = 0; at < 150; at += 1) {
        await a.send(bytesOf(3, at));
        assert.deepEqual(await b.receive(), bytesOf(3, at));
      }
    };
    await time.until(talk());
  });

  it('tells whoever waits when the contact ends, at whatever byte', async () => {
    const whole = linked({ frameBytes: 40 });
    await whole.time.until(Promise.all([whole.a.send(bytesOf(200, 1)), whole.b.receive()]));
    const all = whole.air.sent.reduce((sum, { length }) => sum + length, 0);
    for (let cut = 0; cut < all; cut += 1) {
      const { time, a, b } = linked({ frameBytes: 40, cutAfterBytes: cut });
      const [sent, got] = await time.until(Promise.allSettled([a.send(bytesOf(200, 1)), b.receive()]));
      assert.ok(sent.status === 'rejected' && sent.reason instanceof LinkLost, `byte ${cut}`);
      // The other side may have all of it, when only the last answer was lost: never a part.
      if (got.status === 'fulfilled') assert.deepEqual(got.value, bytesOf(200, 1));
      else assert.ok(got.reason instanceof LinkLost);
    }
  });

  it('gives a silent other side up', async () => {
    const { time, a } = linked({ loss: 1 }, 1, { againMs: 60, tries: 5 });
    await assert.rejects(time.until(a.send(bytesOf(10, 1))), LinkLost);
    assert.equal(time.nowMs, 300);
    await assert.rejects(a.send(bytesOf(1, 1)), LinkLost);
    await assert.rejects(a.receive(), LinkLost);
  });

  it('keeps no more than a few messages that nobody reads', async () => {
    const { time, a, b } = linked({}, 1, { againMs: 60, tries: 5 });
    const flood = async (): Promise<number> => {
      for (let at = 0; ; at += 1) {
        try {
          await a.send(bytesOf(3, at));
        } catch {
          return at;
        }
      }
    };
    assert.equal(await time.until(flood()), 4);
    for (let at = 0; at < 4; at += 1) assert.deepEqual(await b.receive(), bytesOf(3, at));
  });

  it('says one thing at a time', async () => {
    const { time, a, b } = linked();
    const first = a.send(bytesOf(3, 1));
    await assert.rejects(a.send(bytesOf(3, 2)), RangeError);
    await time.until(Promise.all([first, b.receive()]));
  });
});
