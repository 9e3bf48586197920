import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { formatUtc, parseUtcMs } from './iso-utc.ts';
import { durationMs, intersection, isTimeMs, overlaps, spanContains, timeSpan } from './time-span.ts';

const atMs = fc.integer({ min: 0, max: 1000 });
const span = fc.tuple(atMs, atMs).map(([a, b]) => unwrap(timeSpan(Math.min(a, b), Math.max(a, b))));
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

describe('TimeSpan', () => {
  it('refuses what is not a time and a span that ends before it starts', () => {
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, LAST_MS + 1]) {
      const start = timeSpan(bad, 10);
      const end = timeSpan(0, bad);
      assert.ok(!start.ok && start.error.code === 'TIME_INVALID');
      assert.ok(!end.ok && end.error.code === 'TIME_INVALID');
    }
    const reversed = timeSpan(2, 1);
    assert.ok(!reversed.ok && reversed.error.code === 'SPAN_REVERSED');
  });

  it('intersects symmetrically, inside both, and holds exactly the instants that both hold', () => {
    fc.assert(
      fc.property(span, span, atMs, (a, b, at) => {
        const common = intersection(a, b);
        assert.deepEqual(common, intersection(b, a));
        assert.equal(overlaps(a, b), common !== undefined);
        assert.equal(
          common !== undefined && spanContains(common, at),
          spanContains(a, at) && spanContains(b, at),
        );
        if (common !== undefined) assert.ok(durationMs(common) <= Math.min(durationMs(a), durationMs(b)));
      }),
    );
  });

  it('does not overlap a span that only touches it, nor an empty one', () => {
    const a = unwrap(timeSpan(0, 10));
    assert.equal(overlaps(a, unwrap(timeSpan(10, 20))), false);
    assert.equal(overlaps(a, unwrap(timeSpan(5, 5))), false);
    assert.equal(overlaps(a, unwrap(timeSpan(9, 20))), true);
  });
});

describe('UTC instants', () => {
  it('read back what they write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_MS }), (at) => unwrap(parseUtcMs(formatUtc(at))) === at),
    );
    assert.equal(unwrap(parseUtcMs('2026-07-31T12:00:00Z')), 1_785_499_200_000);
    assert.equal(unwrap(parseUtcMs('2024-02-29T00:00:00.5Z')), 1_709_164_800_500);
  });

  for (const text of [
    '2026-04-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-07-31T24:00:00Z',
    '2026-07-31T12:00:00',
    '2026-07-31T12:00:00+02:00',
    '2026-07-31 12:00:00Z',
    '2026-07-31',
    '1969-12-31T23:59:59Z',
    '',
  ]) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      const result = parseUtcMs(text);
      assert.ok(!result.ok && result.error.code === 'TIME_INVALID');
    });
  }

  it('throw when what is to be written is not a time', () => {
    for (const bad of [-1, 0.5, Number.NaN, LAST_MS + 1]) {
      assert.equal(isTimeMs(bad), false);
      assert.throws(() => formatUtc(bad), RangeError);
    }
  });
});
