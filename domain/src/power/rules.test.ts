import assert from 'node:assert/strict';
import { unwrap } from '../result/index.ts';
import {
  growTree,
  panelPolicy,
  PLAIN_POLICY,
  type Claim,
  type Condition,
  type Effect,
  type PowerState,
  type Rule,
  type Signals,
  type Source,
} from './index.ts';
import {
  claim,
  decide,
  grantsOf,
  grid,
  HOUR_MS,
  MINUTE_MS,
  NOW,
  rail,
  sharesOf,
  stateOf,
} from './testing/build.ts';

const ess: Source = {
  sourceId: 'ess',
  kind: 'ess',
  nodeId: 'site',
  availableW: 3_000n,
  store: { storedWh: 5_000n, capacityWh: 10_000n, floorWh: 1_000n },
};
const circuit = (claimId: string, loadW: bigint, more: Partial<Claim> = {}): Claim =>
  claim(claimId, loadW, { kind: 'circuit', runningW: loadW, ...more });

const withRules = (rules: readonly Rule[], more: Partial<PowerState> = {}): PowerState =>
  stateOf({
    tree: rail(),
    sources: [grid(50_000n), ess],
    claims: [circuit('house', 2_000n), claim('car', 10_000n, { mode: 'slow' })],
    ...more,
    policy: { ...PLAIN_POLICY, rules },
  });

const notice = (code: string): Effect => ({ do: 'notice', code, to: ['phone'] });

describe('a condition of a rule', () => {
  const holds = (condition: Condition, signals: Signals = {}, more: Partial<PowerState> = {}): boolean =>
    decide(withRules([{ name: 'r', when: [condition], then: [notice('N')] }], { signals, ...more })).notices
      .length > 0;

  it('holds at its own side of its threshold and not on it', () => {
    const above: Condition = { is: 'grid-demand-above', permille: 800 };
    assert.deepEqual(
      [799, 800, 801].map((gridDemandPermille) => holds(above, { gridDemandPermille })),
      [false, false, true],
    );
    const price: Condition = { is: 'price-above', microsPerKWh: 300_000n };
    assert.deepEqual(
      [300_000n, 300_001n].map((priceMicrosPerKWh) => holds(price, { priceMicrosPerKWh })),
      [false, true],
    );
    const outside: Condition = { is: 'temperature-outside', lowMilliC: -10_000, highMilliC: 35_000 };
    assert.deepEqual(
      [-10_001, -10_000, 35_000, 35_001].map((temperatureMilliC) => holds(outside, { temperatureMilliC })),
      [true, false, false, true],
    );
    assert.deepEqual(
      [above, price, outside].map((condition) => holds(condition)),
      [false, false, false],
    );
  });

  it('holds within its window, from its first instant to before its last', () => {
    const at = (startMs: number, endMs: number) =>
      holds({ is: 'peak-window' }, { peakWindows: [{ startMs, endMs }] });
    assert.deepEqual([at(NOW, NOW + 1), at(NOW - 1, NOW), at(NOW + 1, NOW + 2)], [true, false, false]);
    const event = { eventId: 'dr', startMs: NOW, endMs: NOW + 1, capW: 50_000n };
    assert.deepEqual(
      [holds({ is: 'dr-event' }, { drEvents: [event] }), holds({ is: 'dr-event' })],
      [true, false],
    );
    assert.deepEqual([holds({ is: 'outage' }, { outage: true }), holds({ is: 'outage' })], [true, false]);
  });

  it('compares what circuits and servers ask for with what batteries can give', () => {
    const loads = (loadW: bigint) => ({ claims: [circuit('house', loadW)] });
    const above: Condition = { is: 'load-above-batteries' };
    assert.deepEqual(
      [3_000n, 3_001n].map((loadW) => holds(above, {}, loads(loadW))),
      [false, true],
    );
    assert.deepEqual(
      [3_000n, 3_001n].map((loadW) => holds({ is: 'load-within-batteries' }, {}, loads(loadW))),
      [true, false],
    );
    const below: Condition = { is: 'load-below', limitW: 500n };
    assert.deepEqual(
      [499n, 500n].map((loadW) => holds(below, {}, loads(loadW))),
      [true, false],
    );
    const store = { storedWh: 999n, capacityWh: 10_000n, floorWh: 1_000n };
    const low = { sources: [grid(50_000n), { ...ess, store }] };
    assert.deepEqual(
      [holds({ is: 'battery-below-floor' }, {}, low), holds({ is: 'battery-below-floor' })],
      [true, false],
    );
  });

  it('finds claims by all that it names of them', () => {
    const claims = [
      claim('car', 10_000n, { mode: 'slow', group: 'commercial', priority: 3, urgency: 'high' }),
      circuit('house', 100n),
    ];
    const found = (select: Extract<Condition, { is: 'claim' }>['select']) =>
      holds({ is: 'claim', select }, {}, { claims });
    assert.ok(
      found({
        kind: 'charge',
        mode: ['slow', 'fast'],
        group: 'commercial',
        priorityFrom: 3,
        urgency: ['high'],
      }),
    );
    assert.ok(!found({ kind: 'charge', mode: ['fast'] }));
    assert.ok(!found({ kind: 'charge', group: 'public' }));
    assert.ok(!found({ kind: 'charge', priorityFrom: 4 }));
    assert.ok(!found({ kind: 'charge', state: ['starting'] }));
    assert.ok(holds({ is: 'no-claim', select: { kind: 'compute' } }, {}, { claims }));
  });
});

describe('an effect of a rule', () => {
  const car = { kind: 'charge' } as const;
  const after = (...effects: readonly Effect[]) =>
    decide(withRules([{ name: 'first', when: [], then: effects }]));

  it('caps and scales what claims may have, and is named as the reason', () => {
    assert.equal(grantsOf(after({ do: 'cap', select: car, capW: 4_000n }))['car'], 4_000n);
    const scaled = after({ do: 'scale', select: car, permille: 500n });
    assert.equal(grantsOf(scaled)['car'], 5_000n);
    assert.deepEqual(
      scaled.reasons.filter(({ of }) => of === 'car'),
      [{ of: 'car', code: 'LIMITED_BY_RULE', rule: 'first' }],
    );
    assert.deepEqual(scaled.shortfall, [{ claimId: 'car', wantedW: 10_000n, missingW: 5_000n }]);
  });

  it('serves a band before or after others', () => {
    const scarce = { sources: [grid(5_000n)] };
    const rules = (band: number): readonly Rule[] => [
      { name: 'band', when: [], then: [{ do: 'band', select: car, band }] },
    ];
    assert.deepEqual(grantsOf(decide(withRules(rules(1), scarce))), { car: 5_000n, house: 0n });
    assert.deepEqual(grantsOf(decide(withRules(rules(-1), scarce))), { car: 3_000n, house: 2_000n });
  });

  it('says in which order sources are used, and which are not', () => {
    assert.deepEqual(sharesOf(after({ do: 'sources', order: ['ess', 'grid'] })), {
      ess: 3_000n,
      grid: 9_000n,
    });
    assert.deepEqual(sharesOf(after({ do: 'sources', order: ['grid'] }, { do: 'sources', order: ['ess'] })), {
      grid: 12_000n,
    });
    assert.deepEqual(sharesOf(after({ do: 'sources-off', kinds: ['grid'] })), { ess: 3_000n });
  });

  it('switches off what runs in an empty part when that saves enough, and leaves it when somebody enters', () => {
    const television = circuit('tv', 120n, { area: 'lounge' });
    const state = (savingWh: bigint, emptySinceMs: Readonly<Record<string, number>>): PowerState =>
      withRules(
        [
          {
            name: 'empty',
            when: [],
            then: [{ do: 'switch-off-empty', emptyForMs: 10 * MINUTE_MS, overMs: 2 * HOUR_MS, savingWh }],
          },
        ],
        { claims: [television], signals: { emptySinceMs } },
      );
    const empty = { lounge: NOW - 10 * MINUTE_MS };
    const saved = decide(state(200n, empty));
    assert.deepEqual(saved.actions, [
      { do: 'switch-off', claimId: 'tv', rule: 'empty', savingWh: 240n },
      { do: 'open', claimId: 'tv' },
    ]);
    assert.deepEqual(grantsOf(saved), { tv: 0n });
    assert.deepEqual(grantsOf(decide(state(300n, empty))), { tv: 120n });
    assert.deepEqual(grantsOf(decide(state(0n, empty))), { tv: 0n });
    assert.deepEqual(grantsOf(decide(state(200n, { lounge: NOW - 10 * MINUTE_MS + 1 }))), { tv: 120n });
    assert.deepEqual(grantsOf(decide(state(200n, {}))), { tv: 120n });
  });

  it('tells each of those it names what is too much, and not again within a quarter of an hour', () => {
    const rules: readonly Rule[] = [
      {
        name: 'reduce',
        when: [{ is: 'load-above-batteries' }],
        then: [{ do: 'notice', code: 'REDUCE', to: ['phone', 'thermostat', 'vehicle'] }],
      },
    ];
    const at = (signals: Signals, loadW = 3_400n) =>
      decide(withRules(rules, { claims: [circuit('house', loadW)], signals })).notices.map(
        ({ to, excessW }) => [to, excessW],
      );
    assert.deepEqual(at({}), [
      ['phone', 400n],
      ['thermostat', 400n],
      ['vehicle', 400n],
    ]);
    const noticed = (ageMs: number) => ({ noticed: [{ key: 'REDUCE:phone', atMs: NOW - ageMs }] });
    assert.equal(at(noticed(15 * MINUTE_MS - 1)).length, 2);
    assert.equal(at(noticed(15 * MINUTE_MS)).length, 3);
    assert.deepEqual(at({}, 2_600n), []);
  });
});

describe('a soft limit', () => {
  const tree = unwrap(
    growTree([{ nodeId: 'site', kind: 'connection', hard: { totalW: 20_000n }, soft: { totalW: 8_000n } }], {
      volts: 230n,
      lanes: 1,
    }),
  );
  const at = (claims: readonly Claim[], signals: Signals = {}) =>
    decide(stateOf({ tree, sources: [grid(50_000n)], claims, signals }));
  const car = (more: Partial<Claim> = {}): Claim => claim('car', 15_000n, { nodeId: 'site', ...more });

  it('is kept by ordinary claims, and what they lack is stated', () => {
    const kept = at([car()]);
    assert.deepEqual(kept.shortfall, [{ claimId: 'car', wantedW: 15_000n, missingW: 7_000n }]);
    assert.deepEqual(kept.notices, []);
  });

  it('is exceeded for an urgent claim and for one without time to spare, up to the hard one, and that is told', () => {
    const exceeded = [
      { key: 'SOFT_LIMIT_EXCEEDED:site', code: 'SOFT_LIMIT_EXCEEDED', nodeId: 'site', excessW: 7_000n },
    ];
    const urgent = at([car({ urgency: 'urgent' })]);
    assert.deepEqual([grantsOf(urgent), urgent.notices], [{ car: 15_000n }, exceeded]);
    const late = at([car({ needWh: 15_000n, deadlineMs: NOW + HOUR_MS })]);
    assert.deepEqual([grantsOf(late), late.notices], [{ car: 15_000n }, exceeded]);
    assert.deepEqual(grantsOf(at([car({ needWh: 14_999n, deadlineMs: NOW + HOUR_MS })])), { car: 8_000n });
    assert.deepEqual(grantsOf(at([car({ urgency: 'urgent', maxW: 30_000n })])), { car: 20_000n });
  });

  it('is what a demand-response event sets while it lasts', () => {
    const event = (startMs: number) => ({
      drEvents: [{ eventId: 'dr', startMs, endMs: NOW + 1, capW: 5_000n }],
    });
    assert.deepEqual(grantsOf(at([car()], event(NOW))), { car: 5_000n });
    assert.deepEqual(grantsOf(at([car()], event(NOW + 1))), { car: 8_000n });
  });
});

describe('priority', () => {
  it('serves 1 before 2 before those that have none, whoever has less time to spare', () => {
    const claims = [
      claim('none', 10_000n, { deadlineMs: NOW + 1, needWh: 5_000n }),
      claim('second', 10_000n, { priority: 2 }),
      claim('first', 10_000n, { priority: 1 }),
    ];
    const { grants } = decide(stateOf({ tree: rail(), sources: [grid(15_000n)], claims }));
    assert.deepEqual(
      grants.map(({ claimId, grantedW }) => [claimId, grantedW]),
      [
        ['first', 10_000n],
        ['none', 0n],
        ['second', 5_000n],
      ],
    );
  });
});

describe('the panel’s policy', () => {
  const state = (signals: Signals) =>
    stateOf({
      tree: rail(),
      sources: [grid(50_000n), ess],
      claims: [circuit('house', 2_000n), claim('car', 7_000n)],
      signals,
      policy: panelPolicy(800),
    });
  const feeds = (signals: Signals) => sharesOf(decide(state(signals)))['ess'];

  it('feeds from the battery above the demand threshold, in the peak window and in an outage', () => {
    assert.deepEqual(
      [feeds({}), feeds({ gridDemandPermille: 790 }), feeds({ gridDemandPermille: 810 })],
      [0n, 0n, 3_000n],
    );
    assert.equal(feeds({ peakWindows: [{ startMs: NOW, endMs: NOW + 1 }] }), 3_000n);
    const out = decide(state({ outage: true }));
    assert.deepEqual(sharesOf(out), { ess: 3_000n });
  });

  it('halves charging in the heat and in the cold', () => {
    const at = (temperatureMilliC: number) => grantsOf(decide(state({ temperatureMilliC })))['car'];
    assert.deepEqual([38_000, -15_000, 20_000].map(at), [3_500n, 3_500n, 7_000n]);
  });
});
