import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LOYALTY_LEVELS, negotiate, proposedAdjustmentPpm, type HomeRule } from '@roamgrid/domain';
import { dayStartMs, matchGrid, withGrid, type GridKnown } from './grid-rate.ts';
import { gridRules, type GridRules } from './grid-rules.ts';
import { computeRate } from './rate.ts';
import { rateRecord } from './rate-record.ts';
import { customerRules, homeRuleOf } from './rules.ts';

const HOUR_MS = 3_600_000;
const GW = 1_000_000_000n;
/** 3 in the afternoon in Birmingham, Alabama. */
const AT_MS = Date.UTC(2026, 6, 15, 20);

const whole = {
  demandAreaId: 'SOCO',
  generationAreaId: 'SOCO-GEN',
  capacityW: (20n * GW).toString(),
  timeZone: 'America/Chicago',
  maxAgeMs: 2 * HOUR_MS,
  keptProfiles: 'base-rate' as const,
};
const rulesOf = (...rules: unknown[]): GridRules =>
  gridRules.parse({
    ...whole,
    rules: rules.map((when, at) => ({ ruleId: `r${at}`, when, addPpm: `${at + 1}` })),
  });
const figure = (powerW: bigint, atMs = AT_MS) => ({ atMs, powerW });
const told = (found: ReturnType<typeof matchGrid>) =>
  found.outcome === 'rule' ? found.rule.ruleId : found.outcome;

describe('the grid’s part of the charging rules', () => {
  it('reads demand as a part of the capacity, from the bound on and below it, to the watt', () => {
    const rules = rulesOf({ demandOfCapacity: { fromPpm: '500000', belowPpm: '900000' } });
    const at = (powerW: bigint) => told(matchGrid(rules, { demand: figure(powerW) }, AT_MS));
    assert.deepEqual([10n * GW - 1n, 10n * GW, 18n * GW - 1n, 18n * GW].map(at), [
      'no-match',
      'r0',
      'r0',
      'no-match',
    ]);
  });

  it('counts a reading up to its age limit and not before its instant', () => {
    const rules = rulesOf({ demandOfCapacity: { fromPpm: '0' } });
    const at = (atMs: number) => told(matchGrid(rules, { demand: figure(GW, atMs) }, AT_MS));
    assert.deepEqual([AT_MS - 2 * HOUR_MS - 1, AT_MS - 2 * HOUR_MS, AT_MS, AT_MS + 1].map(at), [
      'no-figures',
      'r0',
      'r0',
      'no-figures',
    ]);
  });

  it('holds a peak for the local hours or for the day’s highest reading, one of them', () => {
    const rules = rulesOf({ peakLoad: { hours: { from: 15, until: 18 }, dayPeakFromPpm: '950000' } });
    const night = AT_MS - 5 * HOUR_MS;
    const at = (atMs: number, peak: GridKnown['dayPeak']) =>
      told(matchGrid(rules, { demand: figure(GW, atMs), ...(peak && { dayPeak: peak }) }, atMs));
    assert.equal(at(AT_MS, undefined), 'r0');
    assert.equal(at(AT_MS - 1, undefined), 'no-match');
    assert.equal(at(AT_MS + 3 * HOUR_MS - 1, undefined), 'r0');
    assert.equal(at(AT_MS + 3 * HOUR_MS, undefined), 'no-match');
    assert.equal(at(night, figure(19n * GW, night - HOUR_MS)), 'r0');
    assert.equal(at(night, figure(19n * GW - 1n, night - HOUR_MS)), 'no-match');
    // Yesterday's peak is not today's.
    assert.equal(at(night, figure(20n * GW, dayStartMs(whole.timeZone, night) - 1)), 'no-match');
    const overnight = rulesOf({ peakLoad: { hours: { from: 22, until: 6 } } });
    const hour = (of: number) => dayStartMs(whole.timeZone, AT_MS) + of * HOUR_MS;
    assert.deepEqual(
      [5, 6, 21, 22].map((of) => told(matchGrid(overnight, { demand: figure(GW, hour(of)) }, hour(of)))),
      ['r0', 'no-match', 'no-match', 'r0'],
    );
  });

  it('finds midnight on the days on which the clocks change', () => {
    for (const [day, offsetHours] of [
      [Date.UTC(2026, 2, 8), 6],
      [Date.UTC(2026, 2, 9), 5],
      [Date.UTC(2026, 10, 1), 5],
      [Date.UTC(2026, 10, 2), 6],
    ] as const) {
      const midnight = day + offsetHours * HOUR_MS;
      for (const later of [0, 1, 4, 22]) {
        assert.equal(dayStartMs(whole.timeZone, midnight + later * HOUR_MS), midnight);
      }
    }
  });

  it('reads generation as a part of demand or of capacity, and without it no such rule holds', () => {
    const rules = rulesOf(
      { generationOfDemand: { fromPpm: '1000000' } },
      { generationOfCapacity: { belowPpm: '250000' } },
    );
    const at = (generation: GridKnown['generation'], demandW = 10n * GW) =>
      told(matchGrid(rules, { demand: figure(demandW), ...(generation && { generation }) }, AT_MS));
    assert.equal(at(figure(10n * GW)), 'r0');
    assert.equal(at(figure(10n * GW - 1n)), 'no-match');
    assert.equal(at(figure(5n * GW - 1n)), 'r1');
    assert.equal(at(undefined), 'no-match');
    assert.equal(at(figure(10n * GW, AT_MS - 3 * HOUR_MS)), 'no-match');
    // Of no demand nothing is a part.
    assert.equal(at(figure(6n * GW), 0n), 'no-match');
  });

  it('takes the first rule that holds, and all that a rule states must hold', () => {
    const rules = rulesOf(
      { demandOfCapacity: { fromPpm: '900000' }, generationOfDemand: { belowPpm: '800000' } },
      { demandOfCapacity: { fromPpm: '900000' } },
      { demandOfCapacity: { fromPpm: '0' } },
    );
    const at = (demandW: bigint, generationW: bigint) =>
      told(matchGrid(rules, { demand: figure(demandW), generation: figure(generationW) }, AT_MS));
    assert.deepEqual([at(19n * GW, 10n * GW), at(19n * GW, 19n * GW), at(10n * GW, 0n)], ['r0', 'r1', 'r2']);
  });

  it('is refused when it is not whole', () => {
    const rule = { ruleId: 'a', when: { demandOfCapacity: { fromPpm: '1' } }, addPpm: '1' };
    const { generationAreaId: _generation, ...noGeneration } = whole;
    const wrong = [
      { ...whole, rules: [] },
      { ...whole, rules: [rule, rule] },
      { ...whole, rules: [{ ...rule, when: {} }] },
      { ...whole, rules: [{ ...rule, when: { demandOfCapacity: {} } }] },
      { ...whole, rules: [{ ...rule, when: { demandOfCapacity: { fromPpm: '2', belowPpm: '2' } } }] },
      { ...whole, rules: [{ ...rule, when: { demandOfCapacity: { fromPpm: '-1' } } }] },
      { ...whole, rules: [{ ...rule, when: { peakLoad: {} } }] },
      { ...whole, rules: [{ ...rule, when: { peakLoad: { hours: { from: 7, until: 7 } } } }] },
      { ...whole, rules: [{ ...rule, addPpm: 1 }] },
      {
        ...whole,
        rules: [{ ...rule, addByLoyalty: { none: '0', gold: '1', diamond: '0', platinum: '0' } }],
      },
      { ...whole, timeZone: 'Mars/Olympus', rules: [rule] },
      { ...whole, capacityW: '0', rules: [rule] },
      { ...whole, maxAgeMs: 59_999, rules: [rule] },
      { ...noGeneration, rules: [{ ...rule, when: { generationOfDemand: { fromPpm: '1' } } }] },
    ];
    for (const each of wrong) assert.equal(gridRules.safeParse(each).success, false, JSON.stringify(each));
    assert.ok(gridRules.safeParse({ ...noGeneration, rules: [rule] }).success);
  });
});

/* ── What holds for every rule, figure and customer ── */

const ppm = fc.bigInt({ min: -200_000n, max: 200_000n });
const byLoyalty = fc.array(ppm, { minLength: 4, maxLength: 4 }).map((steps) => {
  const [none = 0n, gold = 0n, diamond = 0n, platinum = 0n] = [...steps].sort((a, b) => (a > b ? -1 : 1));
  return { none, gold, diamond, platinum };
});
const byPayment = fc.record({
  postpaid: ppm,
  prepaid: ppm,
  debit: ppm,
  'credit-card': ppm,
  crypto: ppm,
});
const band = fc
  .tuple(fc.bigInt({ min: 0n, max: 700_000n }), fc.bigInt({ min: 1n, max: 700_000n }))
  .map(([fromPpm, width]) => ({ fromPpm, belowPpm: fromPpm + width }));
const when = fc
  .record(
    {
      demandOfCapacity: band,
      peakLoad: fc.record({ dayPeakFromPpm: fc.bigInt({ min: 0n, max: 1_200_000n }) }),
      generationOfDemand: band,
      generationOfCapacity: band,
    },
    { requiredKeys: [] },
  )
  .filter((conditions) => Object.keys(conditions).length > 0);
const anyGrid: fc.Arbitrary<GridRules> = fc
  .array(
    fc.record(
      { when, addPpm: ppm, addByLoyalty: byLoyalty, addByPayment: byPayment },
      { requiredKeys: ['when', 'addPpm'] },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((rules) => ({
    ...gridRules.parse({
      ...whole,
      rules: [{ ruleId: 'x', when: { demandOfCapacity: { fromPpm: '0' } }, addPpm: '0' }],
    }),
    rules: rules.map((rule, at) => ({ ruleId: `r${at}`, ...rule })),
  }));
const anyFigure = fc.record({
  atMs: fc.integer({ min: AT_MS - 3 * HOUR_MS, max: AT_MS + HOUR_MS }),
  powerW: fc.bigInt({ min: 0n, max: 25n * GW }),
});
const anyKnown: fc.Arbitrary<GridKnown> = fc.record(
  { demand: anyFigure, dayPeak: anyFigure, generation: anyFigure },
  { requiredKeys: [] },
);
const anyBase: fc.Arbitrary<HomeRule> = fc
  .record({ basePpm: ppm, byLoyalty, byPayment })
  .map((rules) => homeRuleOf(rules));
const anyCustomer = fc.record({
  customerClass: fc.constantFrom('residential' as const, 'commercial' as const),
  loyalty: fc.constantFrom(...LOYALTY_LEVELS),
  paymentMethod: fc.constantFrom('postpaid' as const, 'prepaid' as const),
});

describe('a rate from the grid', () => {
  it('is the base rate whenever no reading of demand counts', () => {
    fc.assert(
      fc.property(anyBase, anyGrid, anyKnown, anyCustomer, (rule, grid, known, customer) => {
        const { demand: _demand, ...others } = known;
        const old = { ...others, demand: figure(20n * GW, AT_MS - grid.maxAgeMs - 1) };
        for (const without of [others, old]) {
          const { record } = computeRate({ version: 1, rule, grid }, without, customer, AT_MS);
          assert.equal(record.grid?.outcome, 'no-figures');
          assert.equal(record.proposedPpm, proposedAdjustmentPpm(rule, customer));
        }
      }),
    );
  });

  it('is what its record says, computed again from the version and the kept inputs', () => {
    fc.assert(
      fc.property(anyBase, anyGrid, anyKnown, anyCustomer, (rule, grid, known, customer) => {
        const inForce = { version: 3, rule, grid };
        const { record } = computeRate(inForce, known, customer, AT_MS);
        const kept = rateRecord.parse(JSON.parse(JSON.stringify(rateRecord.encode(record))));
        const { outcome: _outcome, ruleId: _ruleId, ...inputs } = kept.grid ?? { outcome: 'no-figures' };
        const { customerClass, loyalty, paymentMethod } = kept;
        const again = computeRate(inForce, inputs, { customerClass, loyalty, paymentMethod }, kept.atMs);
        assert.deepEqual(again.record, kept);
      }),
    );
  });

  it('adds exactly what the first rule says, never more for a higher level', () => {
    fc.assert(
      fc.property(anyBase, anyGrid, anyKnown, anyCustomer, (base, grid, known, customer) => {
        const found = matchGrid(grid, known, AT_MS);
        const rule = withGrid(base, found);
        const added = proposedAdjustmentPpm(rule, customer) - proposedAdjustmentPpm(base, customer);
        const says = found.outcome === 'rule' ? found.rule : undefined;
        assert.equal(
          added,
          (says?.addPpm ?? 0n) +
            (says?.addByLoyalty?.[customer.loyalty] ?? 0n) +
            (says?.addByPayment?.[customer.paymentMethod] ?? 0n),
        );
        const levels = LOYALTY_LEVELS.map((loyalty) => proposedAdjustmentPpm(rule, { ...customer, loyalty }));
        assert.ok(levels.every((each, at) => at === 0 || each <= (levels[at - 1] ?? each)));
      }),
    );
  });

  it('stays inside the agreement whatever the grid adds, and grows with what it adds', () => {
    const limits = { minPpm: -60_000n, maxPpm: 50_000n };
    const terms = {
      floorMicrosPerKWh: 0n,
      ceilingMicrosPerKWh: 10_000_000n,
      adjustment: { none: limits, gold: limits, diamond: limits, platinum: limits },
    };
    const offer = {
      minEnergyMicrosPerKWh: 100_000n,
      maxEnergyMicrosPerKWh: 300_000n,
      adjustment: { minPpm: -100_000n, maxPpm: 100_000n },
    };
    fc.assert(
      fc.property(anyBase, anyCustomer, ppm, ppm, (base, customer, one, other) => {
        const agreed = (addPpm: bigint): bigint => {
          const [rule] = rulesOf({ demandOfCapacity: { fromPpm: '0' } }).rules;
          assert.ok(rule);
          const found = { outcome: 'rule', rule: { ...rule, addPpm } } as const;
          const charge = negotiate(offer, withGrid(base, found), terms, customer);
          assert.ok(charge.ok);
          return charge.value.adjustmentPpm;
        };
        const [low, high] = one <= other ? [one, other] : [other, one];
        assert.ok(
          limits.minPpm <= agreed(low) && agreed(low) <= agreed(high) && agreed(high) <= limits.maxPpm,
        );
      }),
    );
  });

  it('of rules without a grid part is as before, and their text stays valid', () => {
    const zeroes = { postpaid: '0', prepaid: '0', debit: '0', 'credit-card': '0', crypto: '0' };
    const levels = { none: '0', gold: '-1', diamond: '-2', platinum: '-3' };
    const text = { basePpm: '5', byLoyalty: levels, byPayment: zeroes };
    const rules = customerRules.parse(text);
    assert.deepEqual(customerRules.encode(rules), text);
    const customer = { customerClass: 'commercial', loyalty: 'diamond', paymentMethod: 'postpaid' } as const;
    const inForce = { version: 1, rule: homeRuleOf(rules), grid: rules.grid };
    const { rule, record } = computeRate(inForce, undefined, customer, AT_MS);
    assert.deepEqual(rule, inForce.rule);
    assert.deepEqual([record.proposedPpm, record.grid], [3n, undefined]);
  });
});
