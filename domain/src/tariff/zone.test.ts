import assert from 'node:assert/strict';
import { Temporal } from '@js-temporal/polyfill';
import fc from 'fast-check';
import { offsetMsAt, resolveZone } from './zone.ts';

const DAY_MS = 86_400_000;

describe('resolving a time zone', () => {
  it('gives the offset at the start and each change in the span, to the millisecond', () => {
    const from = Date.UTC(2025, 0, 1);
    assert.deepEqual(resolveZone('Europe/Amsterdam', from, Date.UTC(2026, 0, 1)), {
      ok: true,
      value: [
        { fromMs: from, offsetMinutes: 60 },
        { fromMs: Date.UTC(2025, 2, 30, 1), offsetMinutes: 120 },
        { fromMs: Date.UTC(2025, 9, 26, 1), offsetMinutes: 60 },
      ],
    });
  });

  it('reads fixed offsets without asking the host', () => {
    for (const [zone, offsetMinutes] of [
      ['+05:45', 345],
      ['-0330', -210],
      ['UTC', 0],
      ['UTC+02:00', 120],
    ] as const) {
      assert.deepEqual(resolveZone(zone, 0, DAY_MS), { ok: true, value: [{ fromMs: 0, offsetMinutes }] });
    }
  });

  it('refuses a name that no zone has', () => {
    const resolved = resolveZone('Europe/Nowhere', 0, 1);
    assert.ok(!resolved.ok);
    assert.equal(resolved.error.code, 'ZONE_UNKNOWN');
  });

  it('agrees with Temporal at any instant of a span', () => {
    const zones = fc.constantFrom(
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Asia/Kathmandu',
    );
    const from = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2026, 0, 1) });
    fc.assert(
      fc.property(
        zones,
        from,
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1000),
        (zone, fromMs, days, permille) => {
          const toMs = fromMs + days * DAY_MS;
          const at = fromMs + Math.floor(((toMs - fromMs) * permille) / 1000);
          const resolved = resolveZone(zone, fromMs, toMs);
          assert.ok(resolved.ok);
          const expected =
            Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds;
          assert.equal(offsetMsAt(resolved.value, at), expected / 1e6);
        },
      ),
      { numRuns: 60 },
    );
  });
});
