import assert from 'node:assert/strict';
import fc from 'fast-check';
import { currencyCode, microsPerMinor } from '../money/index.ts';
import { unwrap } from '../result/index.ts';
import type { NetPosition } from './net-positions.ts';
import { payablePositions } from './payable-positions.ts';
import { netPayments } from './payments.ts';

const of = (code: string) => unwrap(currencyCode(code));
const currency = fc.constantFrom(of('USD'), of('JPY'), of('KWD'));
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

/** Positions that add up to zero. */
const positions = fc
  .array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), { minLength: 1, maxLength: 20 })
  .map((nets): readonly NetPosition<string>[] =>
    [...nets, -sum(nets)].map((netMicros, at) => ({
      utility: `U${at.toString().padStart(2, '0')}`,
      netMicros,
    })),
  );

describe('payable positions', () => {
  it('sum to zero as what they carry does, and both together are what is owed', () => {
    fc.assert(
      fc.property(positions, currency, (list, code) => {
        const unit = microsPerMinor(code);
        const payable = payablePositions(list, code);
        assert.equal(sum(payable.map(({ netMicros }) => netMicros)), 0n);
        assert.equal(sum(payable.map(({ carriedMicros }) => carriedMicros)), 0n);
        payable.forEach(({ utility, netMicros, carriedMicros }, at) => {
          assert.equal(utility, list[at]?.utility);
          assert.equal(netMicros + carriedMicros, list[at]?.netMicros);
          assert.equal(netMicros % unit, 0n);
          assert.ok(carriedMicros < unit && carriedMicros > -unit);
        });
      }),
    );
  });

  it('are settled by payments of whole units alone', () => {
    fc.assert(
      fc.property(positions, currency, (list, code) => {
        const payments = netPayments(payablePositions(list, code));
        for (const { micros } of payments) assert.equal(micros % microsPerMinor(code), 0n);
        assert.ok(payments.length < list.length);
      }),
    );
  });

  it('lose nothing over the periods: what was paid and what is carried is all that was ever owed', () => {
    const periods = fc.array(
      positions.filter((list) => list.length > 1),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(periods, currency, (list, code) => {
        const owed = new Map<string, bigint>();
        const paid = new Map<string, bigint>();
        let carried = new Map<string, bigint>();
        for (const period of list) {
          const total = new Map(carried);
          for (const { utility, netMicros } of period) {
            owed.set(utility, (owed.get(utility) ?? 0n) + netMicros);
            total.set(utility, (total.get(utility) ?? 0n) + netMicros);
          }
          const net = [...total].map(([utility, netMicros]) => ({ utility, netMicros }));
          const payable = payablePositions(net, code);
          for (const { utility, netMicros } of payable)
            paid.set(utility, (paid.get(utility) ?? 0n) + netMicros);
          carried = new Map(payable.map(({ utility, carriedMicros }) => [utility, carriedMicros]));
        }
        for (const [utility, micros] of owed)
          assert.equal((paid.get(utility) ?? 0n) + (carried.get(utility) ?? 0n), micros);
      }),
    );
  });

  it('give a unit to the largest rest, of equal rests to whoever pays, so that half a cent moves nothing', () => {
    const half = payablePositions(
      [
        { utility: 'A', netMicros: 5_000n },
        { utility: 'B', netMicros: -5_000n },
      ],
      of('USD'),
    );
    assert.deepEqual(half, [
      { utility: 'A', netMicros: 0n, carriedMicros: 5_000n },
      { utility: 'B', netMicros: 0n, carriedMicros: -5_000n },
    ]);
    const three = payablePositions(
      [
        { utility: 'A', netMicros: 13_000n },
        { utility: 'B', netMicros: 18_000n },
        { utility: 'C', netMicros: -31_000n },
      ],
      of('USD'),
    );
    assert.deepEqual(
      three.map(({ netMicros }) => netMicros),
      [10_000n, 20_000n, -30_000n],
    );
    assert.deepEqual(
      three.map(({ carriedMicros }) => carriedMicros),
      [3_000n, -2_000n, -1_000n],
    );
  });

  it('do not depend on the order of the utilities', () => {
    fc.assert(
      fc.property(positions, currency, (list, code) => {
        const byName = (all: ReturnType<typeof payablePositions<string>>) =>
          new Map(all.map(({ utility, netMicros }) => [utility, netMicros]));
        assert.deepEqual(
          [...byName(payablePositions([...list].reverse(), code))].sort(),
          [...byName(payablePositions(list, code))].sort(),
        );
      }),
    );
  });

  it('are refused when what they stand on does not add up', () => {
    assert.throws(() => payablePositions([{ utility: 'A', netMicros: 1n }], of('USD')), /add up to zero/);
  });
});
