import assert from 'node:assert/strict';
import fc from 'fast-check';
import { problemWith, REVENUE_ASSUMPTIONS, type RevenueAssumptions } from './assumptions.ts';
import { claimsOver } from './claims.ts';
import { incomeAt, REGIMES, slopeAt, travelShare } from './income.ts';
import { simulateAt } from './simulate.ts';
import { revenueStudy } from './study.ts';

const POWERS = Array.from({ length: 76 }, (_, index) => (index + 5) / 20);
const claims = claimsOver(POWERS, REVENUE_ASSUMPTIONS);
const power = fc.double({ min: 0.1, max: 6, noNaN: true });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const assumptionsArb: fc.Arbitrary<RevenueAssumptions> = fc
  .record({
    travelShareMax: part,
    travelShareHalf: fc.double({ min: 0.2, max: 3, noNaN: true }),
    staysHome: part,
    hubMarkup: part,
    hubFee: part,
    homeShare: fc.double({ min: 0, max: 0.9, noNaN: true }),
    ledgerCost: fc.double({ min: 0, max: 0.1, noNaN: true }),
    visitorCeiling: fc.double({ min: 0.5, max: 2, noNaN: true }),
  })
  .map((drawn) => ({ ...REVENUE_ASSUMPTIONS, ...drawn }));

describe("the paper's claims about a utility's income, at m1 = 1, m2 = 2, λ2 = 1", () => {
  it('without roaming the income grows in proportion to the purchasing power of its own customers', () => {
    assert.equal(claims.noRoamingRises, true);
    assert.ok(claims.noRoamingDeparture < 1e-12);
  });

  it('with conventional roaming the graph flips: beyond a purchasing power a little above the visitors’ it falls', () => {
    assert.equal(claims.conventionalFalls.length, 1);
    const [[from, to] = [0, 0]] = claims.conventionalFalls;
    assert.ok(from > 1 && from < 1.3, String(from));
    assert.equal(to, POWERS.at(-1));
    assert.ok(claims.largestFall.conventional > 0.25);
  });

  it('with this system the income is higher than with conventional roaming at every purchasing power', () => {
    assert.deepEqual(claims.proposedAboveConventional, [[POWERS[0], POWERS.at(-1)]]);
  });

  it('with this system a rise in purchasing power has the smaller negative effect: here none', () => {
    assert.equal(claims.smallerNegativeEffect, true);
    assert.deepEqual(claims.proposedFalls, []);
    assert.equal(claims.largestFall.proposed, 0);
  });

  it('roaming brings in what visitors spend, the paper’s TCR, which falls with the local price only through the hub', () => {
    const [poor, rich] = [incomeAt(1, REVENUE_ASSUMPTIONS), incomeAt(3, REVENUE_ASSUMPTIONS)];
    assert.equal(poor.noRoaming.visitors, 0);
    assert.ok(rich.conventional.visitors < 0.5 * poor.conventional.visitors);
    assert.equal(rich.proposed.visitors, poor.proposed.visitors);
  });
});

describe('the income model where the paper is silent', () => {
  it('does not flip, only flattens, when at most four fifths of the charging of the wealthiest is away from home', () => {
    for (const travelShareMax of [0.1, 0.4, 0.8]) {
      const { conventionalFalls, conventionalFlatter } = claimsOver(POWERS, {
        ...REVENUE_ASSUMPTIONS,
        travelShareMax,
      });
      assert.deepEqual(conventionalFalls, []);
      assert.ok((conventionalFlatter[0]?.[0] ?? 9) < 1.2, 'but it flattens');
    }
  });

  it('lets a wealthy region lose by any roaming when its travellers would else have charged at home', () => {
    const { proposed, noRoaming } = incomeAt(3, REVENUE_ASSUMPTIONS);
    assert.ok(proposed.total < noRoaming.total);
    const lost = incomeAt(3, { ...REVENUE_ASSUMPTIONS, staysHome: 0 });
    assert.ok(lost.proposed.total > lost.noRoaming.total);
  });

  it('puts conventional roaming ahead for a poor region when the hub takes nothing and the home utility much', () => {
    const { proposed, conventional } = incomeAt(0.5, {
      ...REVENUE_ASSUMPTIONS,
      hubFee: 0,
      hubMarkup: 0,
      homeShare: 0.3,
    });
    assert.ok(proposed.total < conventional.total);
  });
});

describe('the income model', () => {
  it('agrees with a simulation that knows none of its formulas', () => {
    fc.assert(
      fc.property(power, assumptionsArb, (at, assumptions) => {
        const [formula, found] = [incomeAt(at, assumptions), simulateAt(at, assumptions)];
        for (const regime of REGIMES)
          assert.ok(
            Math.abs(formula[regime].total - found[regime].total) <= 0.02 * formula.noRoaming.total + 0.004,
            `${regime} at ${at}: ${formula[regime].total} and ${found[regime].total}`,
          );
      }),
      { numRuns: 40 },
    );
  });

  it('is the same for all regimes when nobody travels', () => {
    fc.assert(
      fc.property(power, assumptionsArb, (at, assumptions) => {
        const { noRoaming, conventional, proposed } = incomeAt(at, { ...assumptions, travelShareMax: 0 });
        assert.equal(conventional.total, noRoaming.total);
        assert.equal(proposed.total, noRoaming.total);
      }),
    );
  });

  it('never pays a utility less for a larger crowd of visitors, and never negative income', () => {
    fc.assert(
      fc.property(power, assumptionsArb, (at, assumptions) => {
        const few = incomeAt(at, assumptions);
        const many = incomeAt(at, { ...assumptions, drivers2: 5 });
        for (const regime of REGIMES) {
          assert.ok(few[regime].total >= 0);
          assert.ok(many[regime].total >= few[regime].total);
        }
        assert.ok(travelShare(at, assumptions) <= assumptions.travelShareMax);
      }),
    );
  });

  it('has slopes that are those of its incomes', () => {
    const slope = slopeAt(2, REVENUE_ASSUMPTIONS).conventional;
    const rise =
      incomeAt(2.001, REVENUE_ASSUMPTIONS).conventional.total -
      incomeAt(1.999, REVENUE_ASSUMPTIONS).conventional.total;
    assert.ok(Math.abs(slope - rise / 0.002) < 1e-6);
  });

  it('refuses assumptions that mean nothing', () => {
    assert.equal(problemWith(REVENUE_ASSUMPTIONS), undefined);
    for (const wrong of [
      { drivers1: 0 },
      { hubFee: 1.5 },
      { hubMarkup: -1 },
      { homeShare: 0.995 },
      { travelShareHalf: Number.NaN },
    ])
      assert.match(problemWith({ ...REVENUE_ASSUMPTIONS, ...wrong }) ?? '', /must|exceed/u);
  });

  it('gives the same study twice, within half a percent of its own simulation', () => {
    const powers = [0.5, 1, 2, 4];
    const study = revenueStudy(powers, REVENUE_ASSUMPTIONS);
    assert.deepEqual(study, revenueStudy(powers, REVENUE_ASSUMPTIONS));
    assert.ok(study.simulationDistance < 0.005);
  });
});
