import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { offeredAt, ownSlots, QUARTER_MS, type Booked } from './slots.ts';

const T0 = Date.UTC(2026, 10, 30, 12);
const at = (quarters: number): number => T0 + quarters * QUARTER_MS;
const EVSE_ID = 'US*DUK*EXEAL1';
const booked = (from: number, until: number, changes: Partial<Booked> = {}): Booked => ({
  ...{ evseId: EVSE_ID, fromMs: at(from), untilMs: at(until), state: 'granted', ...changes },
});
const token = (from: number, until: number) => ({ evseId: EVSE_ID, fromMs: at(from), untilMs: at(until) });

describe('when a phone offers to start and stop', () => {
  it('is the token’s time where its driver has reserved nothing', () => {
    const offered = (quarters: number) =>
      offeredAt(token(0, 8), [booked(0, 2, { evseId: 'OTHER' })], at(quarters));
    assert.deepEqual(offered(-1), { may: false, why: 'not-yet', fromMs: at(0) });
    assert.deepEqual(offered(0), { may: true, untilMs: at(8) });
    assert.deepEqual(offered(8), { may: false, why: 'over' });
  });

  it('is his own slots alone where he has, on the grid of quarters of an hour', () => {
    const own = [booked(2.4, 3.1), booked(4, 5), booked(6, 7, { state: 'cancelled' })];
    const offered = (quarters: number) => offeredAt(token(0, 8), own, at(quarters));
    assert.deepEqual(offered(1.9), { may: false, why: 'not-your-slot', fromMs: at(2) });
    assert.deepEqual(offered(2), { may: true, untilMs: at(5) });
    assert.deepEqual(offered(4.99), { may: true, untilMs: at(5) });
    assert.deepEqual(offered(5), { may: false, why: 'over' });
  });

  it('is never outside the token’s time or, where he has reserved, outside what he has', () => {
    const quarter = fc.integer({ min: -8, max: 16 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(quarter, quarter), { maxLength: 4 }),
        quarter,
        quarter,
        quarter,
        (spans, from, length, now) => {
          const own = spans.filter(([a, b]) => a < b).map(([a, b]) => booked(a, b));
          const span = token(from, from + Math.abs(length) + 1);
          const offered = offeredAt(span, own, at(now));
          const slots = ownSlots(own, EVSE_ID, span);
          const isIn = (each: { fromMs: number; untilMs: number }) =>
            at(now) >= each.fromMs && at(now) < each.untilMs;
          assert.equal(offered.may, isIn(span) && (slots.length === 0 || slots.some(isIn)));
          if (offered.may) assert.ok(offered.untilMs > at(now) && offered.untilMs <= span.untilMs);
        },
      ),
    );
  });
});
