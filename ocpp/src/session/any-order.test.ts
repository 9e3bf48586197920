import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MINUTE_MS } from './testing/rig.ts';
import { mWh, accepted, send, messageOf, rig } from './testing/the-rig.ts';

const HOUR_MS = 3_600_000;

describe('messages about a transaction, whatever becomes of them', () => {
  beforeEach(() => rig.clear());

  it('in any order, twice or never, bill at most once and never more than the register moved by', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 2, maxLength: 6 });
    const order = fc.array(fc.nat(), { minLength: 14, maxLength: 14 });
    const lostOnes = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    const scripts = fc.record({ steps, order, lost: lostOnes, isForgotten: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(scripts, async ({ steps: gains, order: keys, lost, isForgotten }) => {
        await rig.clear();
        await accepted();
        const last = gains.length - 1;
        let wh = 1_000;
        const script = gains.map((gain, at) => {
          wh += at === 0 ? 0 : gain;
          const phase = at === 0 ? 'began' : at === last ? 'ended' : 'moved';
          return messageOf(phase, wh, { atMs: rig.time.nowMs + at * MINUTE_MS, sequence: at });
        });
        const twice = [...script, ...script].filter(
          (_, at) => lost[at % script.length] !== true || at % 2 === 0,
        );
        const shuffled = twice.map((told, at) => ({ told, key: keys[at % keys.length] ?? 0 }));
        shuffled.sort((a, b) => a.key - b.key);
        for (const { told } of shuffled) {
          rig.pass(5_000);
          await send({ ...told, receivedAtMs: rig.time.nowMs });
          // Of a station that tells more in a day than is remembered.
          if (isForgotten) await rig.store.db.deleteFrom('message').execute();
        }
        rig.pass(24 * HOUR_MS);
        await rig.round();
        const movedBy = mWh(wh - 1_000);
        assert.ok(rig.gateway.sessions.size <= 1);
        for (const { milliWh, reason } of rig.billed()) {
          assert.notEqual(reason, undefined);
          assert.ok(milliWh <= movedBy, `${milliWh} of ${movedBy}`);
        }
      }),
      { numRuns: 25 },
    );
  });
});
