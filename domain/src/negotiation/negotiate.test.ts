import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ok } from '../result/index.ts';
import { intersectBounds } from './bounds.ts';
import { CUSTOMER_CLASSES, LOYALTY_LEVELS, PAYMENT_METHODS, type LoyaltyLevel } from './customer.ts';
import {
  negotiate,
  proposedAdjustmentPpm,
  type ChargeLimits,
  type HomeRule,
  type VisitedOffer,
} from './negotiate.ts';

const PPM = 1_000_000n;
const byLevel = <T>(of: (index: number) => T): Record<LoyaltyLevel, T> => ({
  none: of(0),
  gold: of(1),
  diamond: of(2),
  platinum: of(3),
});

const offer: VisitedOffer = {
  minEnergyMicrosPerKWh: 200_000n,
  maxEnergyMicrosPerKWh: 400_000n,
  adjustment: { minPpm: -150_000n, maxPpm: 50_000n },
};
const rule: HomeRule = {
  byClass: { residential: 0n, commercial: 10_000n },
  byLoyalty: { none: 0n, gold: -20_000n, diamond: -50_000n, platinum: -120_000n },
  byPayment: { postpaid: 0n, prepaid: -5_000n, debit: 0n, 'credit-card': 15_000n, crypto: 0n },
};
const limits: ChargeLimits = {
  floorMicrosPerKWh: 150_000n,
  ceilingMicrosPerKWh: 500_000n,
  adjustment: {
    none: { minPpm: 0n, maxPpm: 50_000n },
    gold: { minPpm: -50_000n, maxPpm: 50_000n },
    diamond: { minPpm: -80_000n, maxPpm: 20_000n },
    platinum: { minPpm: -100_000n, maxPpm: 0n },
  },
};
const customer = { customerClass: 'residential', loyalty: 'gold', paymentMethod: 'postpaid' } as const;

const ppm = fc.bigInt({ min: -400_000n, max: 400_000n });
const price = fc.bigInt({ min: 0n, max: 900_000n });
const span = (value: fc.Arbitrary<bigint>) =>
  fc.tuple(value, value).map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));
const descending = fc
  .tuple(ppm, ppm, ppm, ppm)
  .map((values) => [...values].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)));

const anyOffer: fc.Arbitrary<VisitedOffer> = fc
  .tuple(span(price), span(ppm))
  .map(([[low, high], [minPpm, maxPpm]]) => ({
    minEnergyMicrosPerKWh: low,
    maxEnergyMicrosPerKWh: high,
    adjustment: { minPpm, maxPpm },
  }));
const anyRule: fc.Arbitrary<HomeRule> = fc.record({
  byClass: fc.record({ residential: ppm, commercial: ppm }),
  byLoyalty: descending.map((steps) => byLevel((index) => steps[index] ?? 0n)),
  byPayment: fc.record({ postpaid: ppm, prepaid: ppm, debit: ppm, 'credit-card': ppm, crypto: ppm }),
});
const anyLimits: fc.Arbitrary<ChargeLimits> = fc
  .tuple(span(price), descending, fc.bigInt({ min: 0n, max: 300_000n }))
  .map(([[floor, ceiling], steps, width]) => ({
    floorMicrosPerKWh: floor,
    ceilingMicrosPerKWh: ceiling,
    adjustment: byLevel((index) => ({ minPpm: steps[index] ?? 0n, maxPpm: (steps[index] ?? 0n) + width })),
  }));
const anyCustomer = fc.record({
  customerClass: fc.constantFrom(...CUSTOMER_CLASSES),
  loyalty: fc.constantFrom(...LOYALTY_LEVELS),
  paymentMethod: fc.constantFrom(...PAYMENT_METHODS),
});
const runs = { numRuns: 2_000 };

describe('negotiation', () => {
  it('lets a proposal stand that every limit allows', () => {
    const agreed = negotiate(offer, rule, limits, customer);
    assert.deepEqual(agreed, ok({ proposedPpm: -20_000n, adjustmentPpm: -20_000n }));
  });

  const moved: readonly (readonly [
    movedBy: string,
    adjustmentPpm: bigint,
    offer: Partial<VisitedOffer>,
    limits: Partial<ChargeLimits>,
  ])[] = [
    ['agreement', -100_000n, {}, {}],
    ['visited', -90_000n, { adjustment: { minPpm: -90_000n, maxPpm: 0n } }, {}],
    ['floor', -50_000n, {}, { floorMicrosPerKWh: 190_000n }],
    [
      'ceiling',
      -250_000n,
      { adjustment: { minPpm: -PPM, maxPpm: 0n } },
      {
        ceilingMicrosPerKWh: 300_000n,
        adjustment: byLevel(() => ({ minPpm: -PPM, maxPpm: 0n })),
      },
    ],
  ];
  for (const [movedBy, adjustmentPpm, offerChange, limitsChange] of moved) {
    it(`moves a proposal to the limit of the ${movedBy} and says so`, () => {
      const agreed = negotiate(
        { ...offer, ...offerChange },
        rule,
        { ...limits, ...limitsChange },
        { ...customer, loyalty: 'platinum' },
      );
      assert.deepEqual(agreed, ok({ proposedPpm: -120_000n, adjustmentPpm, movedBy }));
    });
  }

  it('adds class, loyalty and payment method up', () => {
    const whole = { customerClass: 'commercial', loyalty: 'diamond', paymentMethod: 'credit-card' } as const;
    assert.equal(proposedAdjustmentPpm(rule, whole), 10_000n - 50_000n + 15_000n);
  });

  it('agrees only inside every limit, and as near to the proposal as they allow', () => {
    fc.assert(
      fc.property(anyOffer, anyRule, anyLimits, anyCustomer, (o, r, l, c) => {
        const allowed = (adjustment: bigint): boolean =>
          adjustment >= -PPM &&
          adjustment >= o.adjustment.minPpm &&
          adjustment <= o.adjustment.maxPpm &&
          adjustment >= l.adjustment[c.loyalty].minPpm &&
          adjustment <= l.adjustment[c.loyalty].maxPpm &&
          o.minEnergyMicrosPerKWh * (PPM + adjustment) >= l.floorMicrosPerKWh * PPM &&
          o.maxEnergyMicrosPerKWh * (PPM + adjustment) <= l.ceilingMicrosPerKWh * PPM;
        const agreed = negotiate(o, r, l, c);
        if (!agreed.ok) {
          // The ends of the plain ranges, the proposal, and a walk between them: none of them may have been allowed.
          const ends = [o.adjustment, l.adjustment[c.loyalty]].flatMap(({ minPpm, maxPpm }) => [
            minPpm,
            maxPpm,
          ]);
          const walk = [...Array(40).keys()].map((step) => BigInt(step - 20) * 20_000n);
          for (const candidate of [proposedAdjustmentPpm(r, c), ...ends, ...walk])
            assert.ok(!allowed(candidate));
          return;
        }
        const { adjustmentPpm, proposedPpm, movedBy } = agreed.value;
        assert.ok(allowed(adjustmentPpm));
        assert.equal(movedBy === undefined, adjustmentPpm === proposedPpm);
        if (adjustmentPpm > proposedPpm) assert.ok(!allowed(adjustmentPpm - 1n));
        if (adjustmentPpm < proposedPpm) assert.ok(!allowed(adjustmentPpm + 1n));
      }),
      runs,
    );
  });

  it('never gives a higher loyalty level a higher charge', () => {
    fc.assert(
      fc.property(anyOffer, anyRule, anyLimits, anyCustomer, (o, r, l, c) => {
        const agreed = LOYALTY_LEVELS.flatMap((loyalty) => {
          const result = negotiate(o, r, l, { ...c, loyalty });
          return result.ok ? [result.value.adjustmentPpm] : [];
        });
        agreed.forEach((value, index) => {
          assert.ok(index === 0 || value <= (agreed[index - 1] ?? value));
        });
      }),
      runs,
    );
  });

  it('does not depend on whose limits come first', () => {
    const close = fc.bigInt({ min: 0n, max: 3n });
    const bound = fc.record({ setBy: fc.constantFrom('a', 'b', 'c', 'd'), minPpm: close, maxPpm: close });
    const order = fc
      .array(bound, { maxLength: 6 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(order, ([list, shuffled]) => {
        assert.deepEqual(intersectBounds(shuffled), intersectBounds(list));
      }),
    );
  });

  const refused: readonly (readonly [
    code: string,
    says: RegExp,
    change: { offer?: Partial<VisitedOffer>; rule?: Partial<HomeRule>; limits?: Partial<ChargeLimits> },
  ])[] = [
    ['OFFER_INVALID', /from 500000 to 400000/, { offer: { minEnergyMicrosPerKWh: 500_000n } }],
    ['OFFER_INVALID', /from -1 to/, { offer: { minEnergyMicrosPerKWh: -1n } }],
    ['PRICE_OUTSIDE_LIMITS', /free tariff/, { offer: { minEnergyMicrosPerKWh: 0n } }],
    [
      'NO_COMMON_ADJUSTMENT',
      /at least 100000 ppm \(floor\) and at most 50000 ppm/,
      { limits: { floorMicrosPerKWh: 220_000n } },
    ],
    [
      'NO_COMMON_ADJUSTMENT',
      /at most -500000 ppm \(ceiling\)/,
      { limits: { ceilingMicrosPerKWh: 200_000n } },
    ],
    [
      'LOYALTY_NOT_MONOTONE',
      /gives diamond more than gold/,
      { rule: { byLoyalty: { ...rule.byLoyalty, diamond: 0n } } },
    ],
    [
      'LOYALTY_NOT_MONOTONE',
      /range of gold lies above that of none/,
      { limits: { adjustment: { ...limits.adjustment, gold: { minPpm: 10_000n, maxPpm: 50_000n } } } },
    ],
  ];
  for (const [code, says, change] of refused) {
    it(`refuses as ${code}: ${says.source}`, () => {
      const result = negotiate(
        { ...offer, ...change.offer },
        { ...rule, ...change.rule },
        { ...limits, ...change.limits },
        customer,
      );
      assert.ok(!result.ok && result.error.code === code);
      assert.match(result.error.message, says);
    });
  }

  it('never takes more than the whole price off', () => {
    const wide = { minPpm: -2n * PPM, maxPpm: 0n };
    const agreed = negotiate(
      { minEnergyMicrosPerKWh: 0n, maxEnergyMicrosPerKWh: 400_000n, adjustment: wide },
      { ...rule, byClass: { residential: -1_500_000n, commercial: 0n } },
      { floorMicrosPerKWh: 0n, ceilingMicrosPerKWh: 500_000n, adjustment: byLevel(() => wide) },
      customer,
    );
    assert.ok(agreed.ok);
    assert.deepEqual([agreed.value.adjustmentPpm, agreed.value.movedBy], [-PPM, 'price-not-negative']);
  });

  it('lets a free tariff be free where the floor is zero', () => {
    const free = { ...offer, minEnergyMicrosPerKWh: 0n, maxEnergyMicrosPerKWh: 0n };
    assert.ok(negotiate(free, rule, { ...limits, floorMicrosPerKWh: 0n }, customer).ok);
  });
});
