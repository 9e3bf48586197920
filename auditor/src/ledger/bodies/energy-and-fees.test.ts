import assert from 'node:assert/strict';
import { hexOf, utf8 } from '../../bytes.ts';
import { canonical, type JsonObject } from '../../json.ts';
import { nodePrimitives } from '../../node/primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { rootOf } from '../../tree.ts';
import type { Change, Step } from '../step.ts';
import type { DaySum } from './flexibility.ts';
import { requireChargeBody, requireFees } from './charge-note.ts';
import { requireAllocation } from './site-slots.ts';

/** What sites recorded and what is charged, by bodies that a dishonest pair could have made. */

const SLOT_MS = 900_000;
const PAIR = { agreementId: 'a1', vun: 'USDUK', hun: 'USALP' };
const changeOf = (key: string, after: JsonObject): Change => ({
  ...{ key, kind: key.slice(0, key.indexOf(':')), before: undefined, after },
});
const hash = (text: string): string => hashOf(nodePrimitives, text);

const slotAt = (slotMs: number, over: JsonObject = {}): JsonObject => ({
  slotMs,
  claims: [
    { claimId: 'car', kind: 'charge' },
    { claimId: 'job', kind: 'compute' },
  ],
  grants: [
    { claimId: 'car', grantedW: '40', laneW: ['40'] },
    { claimId: 'job', grantedW: '8', laneW: ['8'] },
  ],
  sourceShares: [
    { sourceId: 'grid', deliveredW: '38', laneW: ['38'] },
    { sourceId: 'battery', deliveredW: '10', laneW: ['10'] },
  ],
  serversWh: '2',
  ...over,
});
const batchOf = (slots: readonly JsonObject[], over: JsonObject = {}) => {
  const texts = slots.map((slot) => canonical(slot));
  const root = rootOf(
    nodePrimitives,
    texts.map((each) => nodePrimitives.sha256(utf8(each))),
  );
  const said = {
    ...{ ...PAIR, batchId: 'b1', siteId: 's1', fromMs: 0, untilMs: slots.length * SLOT_MS },
    merkleRoot: hexOf(root),
  };
  const header = canonical({
    ...{ ...said, slotMs: SLOT_MS, serversWh: '4', totalMicros: '1200', currency: 'USD' },
    ...over,
  });
  const record = changeOf('allocation:b1', { ...said, headerHash: hash(header), slots: slots.length });
  return { record, bodies: { header, slots: texts } };
};
const TWO = [slotAt(0), slotAt(SLOT_MS)];

/** The car gives what the battery gave; in the second slot in another decision of it. */
const byCar = [
  { sourceId: 'grid', kind: 'grid', deliveredW: '38', laneW: ['38'] },
  { sourceId: 'ev', kind: 'ev', deliveredW: '10', laneW: ['10'] },
];
const cars = [{ sourceId: 'ev', givenWh: '2' }];
const { grants = [] } = slotAt(0);
const GIVING = [
  slotAt(0, { sourceShares: byCar, cars }),
  slotAt(SLOT_MS, { cars, carsBy: [{ grants, sourceShares: byCar }] }),
];
const GIVEN = { given: { cars: [{ sourceId: 'ev', givenWh: '4', micros: '600' }], totalMicros: '600' } };

describe('slots of a site by their bodies', () => {
  it('add up: lanes, what is delivered and granted, and what servers took', () => {
    const { record, bodies } = batchOf(TWO);
    assert.deepEqual(requireAllocation(nodePrimitives, record, bodies), {
      ...{ energyWh: 4n, totalMicros: 1_200n, currency: 'USD' },
      given: { energyWh: 0n, totalMicros: 0n },
    });
  });

  it('add up with what cars gave, in the slot’s own decision or another one of it', () => {
    const { record, bodies } = batchOf(GIVING, GIVEN);
    assert.deepEqual(requireAllocation(nodePrimitives, record, bodies).given, {
      ...{ energyWh: 4n, totalMicros: 600n },
    });
  });

  const [first = {}] = TWO;
  const wrong: readonly (readonly [string, RegExp, ReturnType<typeof batchOf>])[] = [
    ['another sum of energy', /not what servers took/, batchOf(TWO, { serversWh: '5' })],
    [
      'more than servers were granted',
      /more than they were granted/,
      batchOf([slotAt(0, { serversWh: '3' })]),
    ],
    [
      'power that nothing gave',
      /not what is delivered/,
      batchOf([slotAt(0, { sourceShares: [{ sourceId: 'grid', deliveredW: '38', laneW: ['38'] }] })]),
    ],
    [
      'lanes that come to something else',
      /lanes do not come to/,
      batchOf([slotAt(0, { sourceShares: [{ sourceId: 'grid', deliveredW: '48', laneW: ['47'] }] })]),
    ],
    ['a gap', /not in its place/, batchOf([first, slotAt(2 * SLOT_MS)])],
    ['another site', /siteId is not its record/, batchOf(TWO, { siteId: 's2' })],
    ['another end', /untilMs is not its record/, batchOf(TWO, { untilMs: 1 })],
    [
      'more from a car than its share',
      /gave more than its share/,
      batchOf([slotAt(0, { sourceShares: byCar, cars: [{ sourceId: 'ev', givenWh: '3' }] })], GIVEN),
    ],
    ['something from what is no car', /gave more than its share/, batchOf([slotAt(0, { cars })])],
    [
      'another decision that does not add up',
      /not what is delivered/,
      batchOf([slotAt(0, { cars, carsBy: [{ grants: [], sourceShares: byCar }] })]),
    ],
    ['a car that its header does not tell', /not what they gave in its slots/, batchOf(GIVING)],
    [
      'another sum for cars',
      /does not come to its sum/,
      batchOf(GIVING, { given: { ...GIVEN.given, totalMicros: '601' } }),
    ],
  ];
  for (const [what, message, { record, bodies }] of wrong)
    it(`do not hold with ${what}`, () => {
      assert.throws(() => requireAllocation(nodePrimitives, record, bodies), { name: 'Failed', message });
    });

  it('do not hold when others are given than were hashed', () => {
    const { record, bodies } = batchOf(TWO);
    const other = { ...bodies, slots: [...bodies.slots].reverse() };
    assert.throws(() => requireAllocation(nodePrimitives, record, other), /not those under its root/);
    const { bodies: dearer } = batchOf(TWO, { totalMicros: '1' });
    assert.throws(() => requireAllocation(nodePrimitives, record, dearer), /header given is not its own/);
  });
});

const ITEMS = [
  { kind: 'compute', batchId: 'b1', energyWh: '4', amountMicros: '1200' },
  { kind: 'reservation', reservationId: 'r1', amountMicros: '30' },
  { kind: 'reservation', reservationId: 'r2', amountMicros: '70' },
];
const note = (over: JsonObject = {}) => {
  const said = { ...PAIR, chargeId: 'c1', periodId: 'p' };
  const body = canonical({
    ...{ ...said, currency: 'USD', items: ITEMS, energyWh: '4', payableMicros: '1300' },
    ...over,
  });
  return { body, record: changeOf('charge:c1', { ...said, bodyHash: hash(body) }) };
};
const FEES = { currency: 'USD', feeMicros: 30n, noShowMicros: 70n };
const VERIFIED = {
  allocations: new Map([
    [
      'b1',
      {
        ...{ energyWh: 4n, totalMicros: 1_200n, currency: 'USD' },
        given: { energyWh: 2n, totalMicros: 300n },
      },
    ],
  ]),
  reservations: new Map([
    ['r1', FEES],
    ['r2', FEES],
  ]),
  days: new Map<string, DaySum>(),
};
const STEP = {
  changes: [
    changeOf('reservation:r1', { reservationId: 'r1', chargeId: 'c1' }),
    changeOf('reservation:r2', { reservationId: 'r2', chargeId: 'c1' }),
    changeOf('allocation:b1', { batchId: 'b1', chargeId: 'c1' }),
  ],
  records: { get: (key: string) => ({ state: key === 'reservation:r1' ? 'used' : 'no-show' }) },
} as unknown as Step;
const judged = (of: ReturnType<typeof note>, verified = VERIFIED): boolean =>
  requireChargeBody(nodePrimitives, STEP, of.record, of.body, verified);

describe('charge notes by their bodies', () => {
  it('come to their items, each at what it comes to; not judged whole without the bodies of one', () => {
    assert.equal(judged(note()), true);
    assert.equal(judged(note(), { ...VERIFIED, reservations: new Map([['r1', FEES]]) }), false);
    const body = canonical({ reservationId: 'r1', currency: 'USD', feeMicros: '30', noShowMicros: '70' });
    const granted = changeOf('reservation:r1', { reservationId: 'r1', bodyHash: hash(body) });
    assert.deepEqual(requireFees(nodePrimitives, granted, body), FEES);
    assert.throws(() => requireFees(nodePrimitives, granted, `${body} `), /body given is not its own/);
  });

  const [compute = {}, used = {}, missed = {}] = ITEMS;
  const wrong: readonly (readonly [string, RegExp, JsonObject])[] = [
    ['another sum', /does not come to its items/, { payableMicros: '1301' }],
    ['another energy', /does not come to its items/, { energyWh: '5' }],
    ['an item too few', /not what it took/, { items: [compute, used], payableMicros: '1230' }],
    ['an item twice', /not what it took/, { items: [...ITEMS, missed], payableMicros: '1370' }],
    [
      'a dearer fee',
      /r1 comes to something else/,
      { items: [compute, { ...used, amountMicros: '70' }, missed], payableMicros: '1340' },
    ],
    [
      'dearer energy',
      /b1 comes to something else/,
      { items: [{ ...compute, amountMicros: '1201' }, used, missed], payableMicros: '1301' },
    ],
    ['another currency', /comes to something else/, { currency: 'EUR' }],
    ['another pair', /vun is not its record/, { vun: 'USGPC' }],
  ];
  for (const [what, message, over] of wrong)
    it(`do not hold with ${what}`, () => {
      assert.throws(() => judged(note(over)), { name: 'Failed', message });
    });

  it('of a house’s day come to all its lines, in their order', () => {
    const named = { houseId: 'h1', dayMs: 0 };
    const step = {
      changes: [changeOf('flexSettlement:h1:0', { ...named, givenChargeId: 'c1' })],
    } as unknown as Step;
    const lines = [
      { line: 'DR', eventId: 'e1', energyWh: '5', micros: '7' },
      { line: 'EXPORT', energyWh: '3', micros: '2' },
    ];
    const days = new Map([['h1:0', { currency: 'USD', lines }]]);
    const items = lines.map(({ micros, ...line }) => ({
      ...{ kind: 'flexibility', ...named, ...line, amountMicros: micros },
    }));
    const judge = (over: JsonObject = {}, known: ReadonlyMap<string, DaySum> = days): boolean => {
      const { record, body } = note({ items, energyWh: '3', payableMicros: '9', ...over });
      return requireChargeBody(nodePrimitives, step, record, body, { ...VERIFIED, days: known });
    };
    assert.equal(judge(), true);
    assert.equal(judge({}, new Map()), false);
    assert.throws(() => judge({ items: items.slice(1), payableMicros: '2' }), /comes to something else/);
    assert.throws(() => judge({ energyWh: '8' }), /does not come to its items/);
    assert.throws(() => judge({ currency: 'EUR' }), /another currency/);
  });

  it('of the cars’ utility come to what they gave, marked apart from what servers took', () => {
    const step = {
      changes: [changeOf('allocation:b1', { batchId: 'b1', chargeId: 'earlier', givenChargeId: 'c1' })],
    } as unknown as Step;
    const item = { kind: 'v2l', batchId: 'b1', energyWh: '2', amountMicros: '300' };
    const of = (amountMicros: string, kind = 'v2l') =>
      note({
        ...{ items: [{ ...item, kind, amountMicros }], energyWh: '2' },
        payableMicros: amountMicros,
      });
    const judge = ({ record, body }: ReturnType<typeof note>): boolean =>
      requireChargeBody(nodePrimitives, step, record, body, VERIFIED);
    assert.equal(judge(of('300')), true);
    assert.throws(() => judge(of('301')), /b1 comes to something else/);
    assert.throws(() => judge(of('300', 'compute')), /not what it took/);
  });
});
