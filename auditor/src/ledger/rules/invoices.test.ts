import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Forms } from './forms.ts';
import { Invoices } from './invoices.ts';
import { Nettings } from './nettings.ts';

const LANE = 'USDUK-USALP-g0';
const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: 'a1', laneId: LANE };

const batch = (
  id: string,
  fromSequence: number,
  toSequence: number,
  version: number,
  invoiceId?: string,
) => ({
  [`batch:${id}`]: {
    ...PAIR,
    batchId: id,
    fromSequence,
    toSequence,
    version,
    ...(invoiceId !== undefined && { invoiceId }),
  },
});
const invoice = (state: string, version: number, more: JsonObject = {}) => ({
  'invoice:i1': {
    ...PAIR,
    invoiceId: 'i1',
    fromSequence: 1,
    toSequence: 5,
    bodyHash: 'b',
    payableHash: 'p',
    issuedAtMs: 1_000,
    state,
    version,
    ...more,
  },
});
const cursor = (toSequence: number, version: number) => ({
  [`lastInvoiced:${LANE}`]: { laneId: LANE, toSequence, version, invoiceId: 'i1' },
});
const issued = {
  ...batch('b1', 1, 2, 2, 'i1'),
  ...batch('b2', 3, 5, 2, 'i1'),
  ...invoice('issued', 1),
  ...cursor(5, 1),
};

describe('invoices on the ledger', () => {
  let book: Book;
  beforeEach(() => {
    book = new Book(new Forms(), new Invoices(), new Nettings());
    book.write({ ...batch('b1', 1, 2, 1), ...batch('b2', 3, 5, 1) });
  });

  it('hold when they take a lane’s batches in order, and one that was taken back frees them', () => {
    book.write(issued);
    book.write({
      ...batch('b1', 1, 2, 3),
      ...batch('b2', 3, 5, 3),
      ...invoice('cancelled', 2),
      ...cursor(0, 2),
    });
    book.end();
  });

  const cases: readonly [what: string, text: RegExp, act: (book: Book) => void][] = [
    [
      'a batch left out',
      /leave a gap before record 3/,
      (b) => {
        b.write({ ...batch('b2', 3, 5, 2, 'i1'), ...invoice('issued', 1), ...cursor(5, 1) });
      },
    ],
    [
      'a last batch left out',
      /its batches end before record 5/,
      (b) => {
        b.write({ ...batch('b1', 1, 2, 2, 'i1'), ...invoice('issued', 1), ...cursor(5, 1) });
      },
    ],
    [
      'a lane that is not invoiced so far',
      /not invoiced up to its last record/,
      (b) => {
        b.write({ ...issued, ...cursor(4, 1) });
      },
    ],
    [
      'a begin that leaves a gap to the one before',
      /does not follow the lane’s invoice before/,
      (b) => {
        b.write(cursor(9, 1));
        b.write({ ...issued, ...cursor(5, 2) });
      },
    ],
    [
      'a batch that two invoices take',
      /taken by two invoices/,
      (b) => {
        b.write(issued);
        b.write({
          'invoice:i2': { ...issued['invoice:i1'], invoiceId: 'i2' },
          ...batch('b1', 1, 2, 3, 'i2'),
          ...batch('b2', 3, 5, 3, 'i2'),
          ...cursor(5, 2),
        });
      },
    ],
    [
      'a batch that is changed beside it',
      /changed where it may not be/,
      (b) => {
        b.write({ ...issued, ...batch('b1', 1, 1, 2, 'i1') });
      },
    ],
    [
      'a batch that no invoice changes',
      /changed by no invoice/,
      (b) => {
        b.write(batch('b1', 1, 2, 2));
      },
    ],
    [
      'a step that there is not',
      /went from issued to netted/,
      (b) => {
        b.write(issued);
        b.write(invoice('netted', 2));
      },
    ],
    [
      'another body',
      /changed where it may not be/,
      (b) => {
        b.write(issued);
        b.write(invoice('accepted', 2, { bodyHash: 'c' }));
      },
    ],
    [
      'another payable without a dispute',
      /nothing was disputed/,
      (b) => {
        b.write(issued);
        b.write(invoice('accepted', 2, { payableHash: 'q' }));
      },
    ],
    [
      'one that was taken back and keeps its batches',
      /is not free though/,
      (b) => {
        b.write(issued);
        b.write({ ...batch('b1', 1, 2, 3, 'i1'), ...invoice('cancelled', 2), ...cursor(0, 2) });
      },
    ],
    [
      'one that was netted by no pair',
      /no pair’s closing has it/,
      (b) => {
        b.write(issued);
        b.write(invoice('accepted', 2));
        b.write(invoice('netted', 3));
      },
    ],
    [
      'one that home did not endorse',
      /not endorsed by AlabamaMSP/,
      (b) => {
        b.write(issued, { endorsers: new Set(['DukeMSP']) });
      },
    ],
    [
      'a credit note of no late dispute',
      /credit:c1 is of no late dispute/,
      (b) => {
        const note = {
          ...PAIR,
          creditId: 'c1',
          invoiceId: 'i1',
          state: 'accepted',
          issuedAtMs: 1_000,
          version: 1,
        };
        const of = { ...PAIR, invoiceId: 'i1', creditId: 'c1' };
        b.write({ 'dispute:d1': { ...PAIR, invoiceId: 'i1', state: 'disputed', version: 1 } });
        b.write({ 'dispute:d1': { ...of, state: 'credited', version: 2 }, 'credit:c1': note });
      },
    ],
    [
      'a dispute that goes back',
      /went from credited to disputed/,
      (b) => {
        b.write({ 'dispute:d1': { ...PAIR, state: 'disputed', version: 1 } });
        b.write({ 'dispute:d1': { ...PAIR, state: 'credited', version: 2 } });
        b.write({ 'dispute:d1': { ...PAIR, state: 'disputed', version: 3 } });
      },
    ],
  ];
  for (const [what, text, act] of cases)
    it(`do not hold with ${what}`, () => {
      assert.throws(
        () => {
          act(book);
        },
        { name: 'Failed', message: text },
      );
    });
});
