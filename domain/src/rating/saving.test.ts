import assert from 'node:assert/strict';
import type { Result } from '../result/index.ts';
import { parseTariff, UTC_OFFSETS } from '../tariff/index.ts';
import { savingOf, type HouseUse } from './saving.ts';

const unwrap = <T>(result: Result<T, unknown>): T => {
  assert.ok(result.ok);
  return result.value;
};

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 11, 1);
/** 0.40 a kWh from 17 to 20, 0.10 else, 19 % tax. */
const tariff = unwrap(
  parseTariff({
    ...{
      country_code: 'US',
      party_id: 'DUK',
      id: 'T',
      currency: 'USD',
      last_updated: '2026-01-01T00:00:00Z',
    },
    elements: [
      {
        price_components: [{ type: 'ENERGY', price: 0.4, vat: 19, step_size: 1 }],
        restrictions: { start_time: '17:00', end_time: '20:00' },
      },
      { price_components: [{ type: 'ENERGY', price: 0.1, vat: 19, step_size: 1 }] },
    ],
  }),
).tariff;
const hours = (use: (hour: number) => Omit<HouseUse, 'untilMs'>): HouseUse[] =>
  Array.from({ length: 24 }, (_, hour) => ({ untilMs: FROM_MS + (hour + 1) * HOUR_MS, ...use(hour) }));

describe('what a house’s own sources saved', () => {
  it('is the bill without them less the bill with them, to the micro', () => {
    const uses = hours((hour) => ({
      takenWh: 1_001n,
      boughtWh: hour >= 17 && hour < 20 ? 0n : 1_001n + (hour === 3 ? 3_003n : 0n),
    }));
    const saved = unwrap(savingOf({ tariff, fromMs: FROM_MS, uses, zoneOffsets: UTC_OFFSETS }));
    assert.equal(saved.savedMicros, saved.without.totalInclTaxMicros - saved.with.totalInclTaxMicros);
    // 3.003 kWh bought for 0.10 instead of 0.40, and 19 % on it.
    assert.equal(saved.savedMicros, 1_072_071n);
  });

  it('is nothing without any, and below zero where charging them was dearer', () => {
    const at = (boughtWh: (hour: number) => bigint) =>
      unwrap(
        savingOf({
          ...{ tariff, fromMs: FROM_MS, zoneOffsets: UTC_OFFSETS },
          uses: hours((hour) => ({ takenWh: 500n, boughtWh: boughtWh(hour) })),
        }),
      ).savedMicros;
    assert.equal(
      at(() => 500n),
      0n,
    );
    assert.ok(at((hour) => (hour === 18 ? 1_000n : hour === 3 ? 0n : 500n)) < 0n);
  });

  it('is not told of stretches out of order', () => {
    const uses = hours(() => ({ takenWh: 1n, boughtWh: 1n })).toReversed();
    const told = savingOf({ tariff, fromMs: FROM_MS, uses, zoneOffsets: UTC_OFFSETS });
    assert.equal(told.ok, false);
  });
});
