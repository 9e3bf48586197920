import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  allocatePlanned,
  checkAllocation,
  formPlan,
  plan,
  wattsOfAmps,
  type Claim,
  type Horizon,
  type Plan,
  type PowerState,
  type Solver,
  type Source,
} from '../index.ts';
import { anyState } from '../testing/arbitrary.ts';
import { claim, grantsOf, grid, HOUR_MS, NOW, rail, stateOf } from '../testing/build.ts';
import { simplex } from '../testing/simplex.ts';

const horizon = (more: Partial<Horizon> = {}): Horizon => ({
  slotMs: HOUR_MS,
  slots: 8,
  forecast: {},
  weights: {
    unmetMicrosPerKWh: 10_000_000n,
    softMicrosPerKWh: 5_000_000n,
    peakMicrosPerKW: 0n,
    peakSoFarW: 0n,
    wearMicrosPerKWh: 20_000n,
    laterMicrosPerKWh: 1n,
  },
  ...more,
});

const car = (claimId: string, needWh: bigint, hours: number, more: Partial<Claim> = {}): Claim =>
  claim(claimId, 10_000n, { needWh, deadlineMs: NOW + hours * HOUR_MS, ...more });

/** What a claim gets in each slot, W. */
const courseOf = ({ slots }: Plan, claimId: string): readonly bigint[] =>
  slots.map(({ chargesW }) => chargesW[claimId] ?? -1n);

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

const planned = async (state: PowerState, over: Horizon, solver: Solver = simplex): Promise<Plan> => {
  const made = await plan(state, over, NOW, solver);
  assert.equal(made.decidedBy, 'plan', `${made.why ?? ''} ${made.detail ?? ''}`);
  return made;
};

describe('a plan', () => {
  it('charges in the cheap hours and has every car full in time', async () => {
    const price = [400_000n, 100_000n, 100_000n, 400_000n, 400_000n, 50_000n, 50_000n, 400_000n];
    const state = stateOf({
      tree: rail({}, ['s1', 's2']),
      sources: [grid(50_000n)],
      claims: [car('leaves', 20_000n, 4), car('stays', 15_000n, 8, { nodeId: 's2' })],
    });
    const made = await planned(state, horizon({ forecast: { priceMicrosPerKWh: price } }));
    assert.deepEqual(courseOf(made, 'leaves'), [0n, 10_000n, 10_000n, 0n, 0n, 0n, 0n, 0n]);
    assert.deepEqual(courseOf(made, 'stays'), [0n, 0n, 0n, 0n, 0n, 10_000n, 5_000n, 0n]);
  });

  it('serves two that the ranked rules cannot: the one that can only wait a little goes first where that matters', async () => {
    // Both limits bind: 10 kW in all, and the car that leaves first can take 4 kW only.
    const state = stateOf({
      tree: rail({ totalW: 10_000n }, ['s1', 's2']),
      sources: [grid(50_000n)],
      claims: [car('slow', 8_000n, 2, { maxW: 4_000n }), car('quick', 12_000n, 2, { nodeId: 's2' })],
    });
    const made = await planned(state, horizon({ slots: 2 }));
    assert.equal(sum(courseOf(made, 'slow')), 8_000n);
    assert.equal(sum(courseOf(made, 'quick')), 12_000n);
  });

  it('keeps the peak low when it is paid for, and not below what was the peak already', async () => {
    const state = stateOf({ tree: rail(), sources: [grid(50_000n)], claims: [car('car', 16_000n, 8)] });
    const weights = { ...horizon().weights, peakMicrosPerKW: 10_000_000n };
    assert.deepEqual([...new Set(courseOf(await planned(state, horizon({ weights })), 'car'))], [2_000n]);
    const after = await planned(state, horizon({ weights: { ...weights, peakSoFarW: 8_000n } }));
    assert.deepEqual(courseOf(after, 'car').slice(0, 3), [8_000n, 8_000n, 0n]);
  });

  it('charges whoever may be gone by then first', async () => {
    const state = stateOf({
      tree: rail({ totalW: 10_000n }, ['s1', 's2']),
      sources: [grid(50_000n)],
      claims: [car('a-stays', 10_000n, 2), car('may leave', 10_000n, 2, { nodeId: 's2' })],
    });
    const chargeMicrosPerKWh = { 'may leave': [0n, 5_000_000n] };
    const made = await planned(state, horizon({ slots: 2, forecast: { chargeMicrosPerKWh } }));
    assert.deepEqual(
      [courseOf(made, 'may leave'), courseOf(made, 'a-stays')],
      [
        [10_000n, 0n],
        [0n, 10_000n],
      ],
    );
  });

  it('leaves out of what cannot be given to all what is worth least', async () => {
    const state = stateOf({
      tree: rail({ totalW: 10_000n }, ['s1', 's2']),
      sources: [grid(50_000n)],
      claims: [car('plain', 10_000n, 1), car('gold', 10_000n, 1, { nodeId: 's2', weight: 2n })],
    });
    const made = await planned(state, horizon({ slots: 1 }));
    assert.deepEqual([courseOf(made, 'gold'), courseOf(made, 'plain')], [[10_000n], [0n]]);
  });

  it('rounds to whole amperes and the 6 A minimum, keeps back what is below it, and gives it later', async () => {
    const step = { unit: 'A', everyA: 1n } as const;
    const least = wattsOfAmps(6n, 240n, 1);
    const needs = car('car', 6_000n, 8, { step, minW: least });
    const state = stateOf({ tree: rail({ phaseA: [60n] }), sources: [grid(50_000n)], claims: [needs] });
    // 750 W in each of eight hours is what a solver may answer; no car takes so little.
    const even: Solver = (model) => {
      const course = new Set(formPlan(state, horizon(), NOW).charges[0]?.columns);
      return { status: 'solved', values: model.columns.map((_, at) => (course.has(at) ? 750 : 0)) };
    };
    const course = courseOf(await planned(state, horizon(), even), 'car');
    for (const givenW of course)
      assert.ok(givenW === 0n || (givenW >= least && givenW % 240n === 0n), `${givenW}`);
    assert.ok(sum(course) >= 6_000n - least && sum(course) <= 6_000n, `${sum(course)}`);
  });

  it('discharges a car in the peak and has it full enough at its departure', async () => {
    const battery: Source = {
      sourceId: 'battery',
      kind: 'ev',
      nodeId: 's1',
      availableW: 10_000n,
      store: { storedWh: 20_000n, capacityWh: 40_000n, floorWh: 10_000n },
    };
    const state = stateOf({
      tree: rail({}, ['s1', 's2']),
      sources: [grid(50_000n), battery],
      claims: [
        car('charge', 12_000n, 8, { sourceId: 'battery' }),
        claim('v2h', 10_000n, { kind: 'discharge', sourceId: 'battery', untilMs: NOW + 4 * HOUR_MS }),
        claim('house', 3_000n, { kind: 'circuit', nodeId: 's2', preemptible: false, runningW: 3_000n }),
      ],
    });
    const price = [400_000n, 400_000n, 100_000n, 100_000n, 100_000n, 100_000n, 100_000n, 100_000n];
    const made = await planned(state, horizon({ forecast: { priceMicrosPerKWh: price } }));
    assert.deepEqual(made.slots.map(({ batteriesW }) => batteriesW['battery']).slice(0, 3), [
      3_000n,
      3_000n,
      0n,
    ]);
    // 12 kWh that it lacked and 6 that it gave.
    assert.equal(sum(courseOf(made, 'charge')), 18_000n);
    assert.deepEqual(courseOf(made, 'charge').slice(0, 2), [0n, 0n]);
  });

  it('is followed in its slot, by the rule for who came later, and not beyond its end', async () => {
    const state = stateOf({
      tree: rail({ totalW: 12_000n }, ['s1', 's2']),
      sources: [grid(50_000n)],
      claims: [car('car', 5_000n, 2)],
    });
    const price = [400_000n, 100_000n];
    const made = await planned(state, horizon({ slots: 2, forecast: { priceMicrosPerKWh: price } }));
    const later = { ...state, claims: [...state.claims, claim('late', 11_000n, { nodeId: 's2' })] };
    const first = allocatePlanned(later, made, NOW);
    assert.deepEqual([first.decidedBy, grantsOf(first)], ['plan', { car: 0n, late: 11_000n }]);
    const second = allocatePlanned(later, made, NOW + HOUR_MS);
    assert.deepEqual(grantsOf(second), { car: 5_000n, late: 7_000n });
    const beyond = allocatePlanned(later, made, NOW + 2 * HOUR_MS);
    assert.deepEqual([beyond.decidedBy, beyond.why], ['rule', 'PLAN_OUT_OF_DATE']);
  });
});

describe('a plan that cannot be had', () => {
  const state = stateOf({ tree: rail(), sources: [grid(50_000n)], claims: [car('car', 5_000n, 2)] });
  const columns = formPlan(state, horizon(), NOW).model.columns.length;
  const solved =
    (value: number, length = columns): Solver =>
    () => ({
      status: 'solved',
      values: Array.from({ length }, () => value),
    });
  const why = async (solver: Solver, of = state) => (await plan(of, horizon(), NOW, solver)).why;

  it('leaves the decision to the ranked rule, and says why', async () => {
    assert.equal(await why(() => ({ status: 'failed', detail: 'time is up' })), 'SOLVER_FAILED');
    assert.equal(await why(() => Promise.reject(new Error('gone'))), 'SOLVER_FAILED');
    assert.equal(await why(solved(NaN)), 'ANSWER_UNUSABLE');
    assert.equal(await why(solved(Infinity)), 'ANSWER_UNUSABLE');
    assert.equal(await why(solved(1, columns - 1)), 'ANSWER_UNUSABLE');
    assert.equal(await why(simplex, { ...state, claims: [] }), 'NOTHING_TO_PLAN');
    const failed = await plan(state, horizon(), NOW, () => ({ status: 'failed', detail: 'time is up' }));
    assert.equal(failed.detail, 'time is up');
    const ruled = allocatePlanned(state, failed, NOW);
    assert.deepEqual(
      [ruled.decidedBy, ruled.why, grantsOf(ruled)['car']],
      ['rule', 'SOLVER_FAILED', 10_000n],
    );
  });
});

describe('the laws of planning', function () {
  this.timeout(0);
  const RUNS = Number(process.env['ROAMGRID_POWER_LAWS'] ?? 60);

  it('keeps every limit whatever a solver answers', async () => {
    const answers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(anyState, answers, async (state, values) => {
        const any: Solver = ({ columns }) => ({
          status: 'solved',
          values: columns.map((_, at) => values[at % values.length] ?? 0),
        });
        const made = await plan(state, horizon({ slots: 4 }), NOW, any);
        assert.deepEqual(checkAllocation(state, allocatePlanned(state, made, NOW)), []);
      }),
      { numRuns: RUNS },
    );
  });

  it('forms a model that has a solution, of any state, the same whatever order claims are in', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { model } = formPlan(state, horizon({ slots: 3 }), NOW);
        const zero = model.columns.map(() => 0n);
        for (const { upper } of model.columns) assert.ok(upper === undefined || upper >= 0n);
        const turned = {
          ...state,
          claims: [...state.claims].reverse(),
          sources: [...state.sources].reverse(),
        };
        assert.deepEqual(formPlan(turned, horizon({ slots: 3 }), NOW).model, model);
        assert.equal(zero.length, model.columns.length);
        const answer = simplex(model);
        assert.ok(!(answer instanceof Promise) && answer.status === 'solved');
      }),
      { numRuns: RUNS },
    );
  });
});
