import assert from 'node:assert/strict';
import { canonical, type JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import type { Step } from '../step.ts';
import { requireInvoiceBody, type Headers } from './invoice.ts';

const LANE = { laneId: 'USDUK-USALP-g0', vun: 'USDUK', hun: 'USALP', agreementId: 'a1' };
const SHARES = { hun: '20', vun: '60', infrastructure: '10', driver: '10' };
const header = {
  ...{ currency: 'USD', energyWh: 5n, totalMicros: 50n, count: 2 },
  shares: { hun: 10n, vun: 30n, infrastructure: 5n, driver: 5n },
};
const BOTH: Headers = new Map([
  ['b1', header],
  ['b2', header],
]);

const body = (more: JsonObject = {}): JsonObject => ({
  ...LANE,
  ...{ invoiceId: 'i1', periodId: 'p1', currency: 'USD', batchIds: ['b1', 'b2'] },
  ...{ fromSequence: 1, toSequence: 4, sessions: 4, energyWh: '10' },
  ...{ totalMicros: '100', shares: SHARES, payableMicros: '70', ...more },
});
const back = (more: JsonObject = {}): JsonObject =>
  body({ invoiceId: 'sup', batchIds: ['b2'], fromSequence: 3, toSequence: 3, sessions: 1, ...more });

const batch = (batchId: string, fromSequence: number, invoiceId = 'i1'): JsonObject => ({
  ...{ ...LANE, batchId, fromSequence, toSequence: fromSequence + 1, invoiceId },
});

/** The body of an invoice that takes both batches, or of what came back of it. */
const judge = (told: JsonObject, headers = BOTH): boolean => {
  let judged: boolean | undefined;
  const isBack = told['invoiceId'] === 'sup';
  const key = `invoice:${isBack ? 'sup' : 'i1'}`;
  const record = {
    ...{ ...LANE, invoiceId: told['invoiceId'] ?? '', periodId: 'p1', fromSequence: 1, toSequence: 4 },
    ...(isBack && { supplementTo: 'i1' }),
  };
  const step = (each: Step): void => {
    const change = each.changes.find((one) => one.key === key);
    if (change !== undefined) judged = requireInvoiceBody(each, change, canonical(told), headers);
  };
  const book = new Book({ step });
  const batches = {
    'batch:b2': batch('b2', 3),
    'batch:b1': batch('b1', 1),
    'batch:b3': batch('b3', 3, 'i9'),
  };
  if (isBack) book.write(batches);
  book.write(isBack ? { [key]: record } : { ...batches, [key]: record });
  assert.notEqual(judged, undefined);
  return judged === true;
};

describe('the body of an invoice', () => {
  it('holds when it takes the ledger’s batches and comes to them; without one of their bodies its sums are not judged', () => {
    assert.equal(judge(body()), true);
    assert.equal(judge(body(), new Map([['b1', header]])), false);
    assert.equal(judge(back()), true);
  });

  const cases: readonly [what: string, text: RegExp, told: JsonObject][] = [
    [
      'a batch that there is not',
      /batches are not those that it took/,
      body({ batchIds: ['b1', 'b2', 'b9'] }),
    ],
    ['another batch', /batches are not those that it took/, body({ batchIds: ['b1', 'b9'] })],
    ['a batch left out', /batches are not those that it took/, body({ batchIds: ['b1'] })],
    ['a batch twice', /batches are not those that it took/, body({ batchIds: ['b1', 'b1'] })],
    ['batches in another order', /batches are not those that it took/, body({ batchIds: ['b2', 'b1'] })],
    ['other records', /its body’s toSequence is not/, body({ toSequence: 5 })],
    ['another currency', /another currency than its batches/, body({ currency: 'EUR' })],
    ['other energy', /its energy is not that of its batches/, body({ energyWh: '11' })],
    ['other sessions', /counts other sessions/, body({ sessions: 5 })],
    ['two records that come back', /more than one record comes back/, back({ toSequence: 4 })],
    ['two batches of one that comes back', /more than one record/, back({ batchIds: ['b1', 'b2'] })],
    [
      'one that comes back out of another batch',
      /not in the batch that it names/,
      back({ batchIds: ['b1'] }),
    ],
    [
      'one that comes back out of another invoice',
      /not in the batch that it names/,
      back({ batchIds: ['b3'] }),
    ],
    ['one that comes back out of no batch', /not in the batch that it names/, back({ batchIds: ['b9'] })],
  ];
  for (const [what, text, told] of cases)
    it(`does not hold with ${what}`, () => {
      assert.throws(() => judge(told), text);
    });

  it('is held against its batches’ names also when their bodies are not there', () => {
    assert.throws(
      () => judge(body({ batchIds: ['b1', 'b9'] }), new Map()),
      /batches are not those that it took/,
    );
  });
});
