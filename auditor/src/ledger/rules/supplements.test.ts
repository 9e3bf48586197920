import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Forms } from './forms.ts';
import { Invoices } from './invoices.ts';

const LANE = 'USDUK-USALP-g0';
const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: 'a1', laneId: LANE };

const invoice = (invoiceId: string, more: JsonObject) => ({
  [`invoice:${invoiceId}`]: {
    ...PAIR,
    ...{ invoiceId, bodyHash: 'b', payableHash: 'p', issuedAtMs: 1_000, version: 1 },
    ...{ fromSequence: 1, toSequence: 5, ...more },
  },
});
const supplement = (more: JsonObject = {}) =>
  invoice('sup', { state: 'accepted', supplementTo: 'i1', ...more });
const dispute = (state: string, version: number, more: JsonObject = {}) => ({
  'dispute:d1': {
    ...{ vun: 'USDUK', hun: 'USALP', agreementId: 'a1' },
    ...{ disputeId: 'd1', invoiceId: 'i1', bodyHash: 'b', state, version, ...more },
  },
});
const settled = (more: JsonObject = {}) => dispute('settled', 3, { supplementId: 'sup', ...more });

describe('a record that comes back after a dispute', () => {
  let book: Book;
  const begin = (late: JsonObject = {}): void => {
    book = new Book(new Forms(), new Invoices());
    const batch = { ...PAIR, batchId: 'b1', fromSequence: 1, toSequence: 5 };
    book.write({ 'batch:b1': { ...batch, version: 1 } });
    book.write({
      'batch:b1': { ...batch, version: 2, invoiceId: 'i1' },
      ...invoice('i1', { state: 'issued' }),
      [`lastInvoiced:${LANE}`]: { laneId: LANE, toSequence: 5, version: 1, invoiceId: 'i1' },
    });
    book.write({ ...invoice('i1', { state: 'accepted', version: 2 }), ...dispute('disputed', 1, late) });
    book.write(dispute('revised', 2, late));
  };
  beforeEach(() => {
    begin();
  });

  it('holds when its dispute is settled by it, and one that was contested late by a credit note', () => {
    book.write({ ...supplement(), ...settled() });
    begin({ late: true });
    book.write(dispute('settled', 3, { late: true, creditId: 'n1' }));
  });

  const cases: readonly [what: string, text: RegExp, write: JsonObject & Record<string, JsonObject>][] = [
    ['after no dispute', /invoice:sup comes back after no dispute/, supplement()],
    [
      'after a dispute that goes on',
      /invoice:sup comes back after no dispute/,
      { ...supplement(), ...dispute('revised', 3, { supplementId: 'sup' }) },
    ],
    [
      'after another invoice’s dispute',
      /invoice:sup comes back after no dispute/,
      { ...supplement({ supplementTo: 'i2' }), ...settled() },
    ],
    ['unaccepted', /comes back unaccepted/, { ...supplement({ state: 'issued' }), ...settled() }],
    [
      'to another lane',
      /its laneId is not that of the disputed invoice/,
      { ...supplement({ laneId: 'USDUK-USALP-g1' }), ...settled() },
    ],
    [
      'out of other records',
      /its toSequence is not that of the disputed invoice/,
      { ...supplement({ toSequence: 6 }), ...settled() },
    ],
    ['on an invoice that is not there', /its record came back on no invoice/, settled()],
    [
      'twice',
      /invoice:again comes back after no dispute/,
      {
        ...supplement(),
        ...settled(),
        ...invoice('again', { state: 'accepted', supplementTo: 'i1' }),
      },
    ],
  ];
  for (const [what, text, write] of cases)
    it(`does not hold when it comes back ${what}`, () => {
      assert.throws(() => {
        book.write(write);
      }, text);
    });

  it('comes back on no invoice that its dispute named before', () => {
    begin({ supplementId: 'sup' });
    assert.throws(() => {
      book.write({ ...supplement(), ...settled() });
    }, /invoice:sup comes back after no dispute/);
  });

  it('does not come back when it was contested late: it stayed billed', () => {
    begin({ late: true });
    assert.throws(() => {
      book.write({ ...supplement(), ...settled({ late: true }) });
    }, /invoice:sup comes back after no dispute/);
  });
});
