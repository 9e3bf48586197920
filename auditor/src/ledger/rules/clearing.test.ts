import assert from 'node:assert/strict';
import { ristretto255, ristretto255_hasher as hasher } from '@noble/curves/ed25519.js';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Forms } from './forms.ts';
import { Invoices } from './invoices.ts';
import { Nettings } from './nettings.ts';
import { Payments } from './payments.ts';

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

const { Point } = ristretto255;
const BLINDING = Point.fromAffine(
  hasher
    .hashToCurve(new TextEncoder().encode('blinding'), { DST: 'roamgrid balance commitment v1' })
    .toAffine(),
);
const commitment = Point.BASE.multiply(700n).add(BLINDING.multiply(5n)).toHex();
const hex = (value: bigint): string => value.toString(16).padStart(64, '0');

const position = (utilityId: string, netMicros: string, blinding: bigint, version = 1) => ({
  [`position:2026-05:1:USD:${utilityId}`]: { utilityId, netMicros, blinding: hex(blinding), version },
});
const netted = (utilityId: string, net: string, more: JsonObject = {}) => ({
  ...{
    utilityId,
    netMicros: net,
    broughtMicros: '0',
    stoodMicros: '0',
    payableMicros: net,
    carriedMicros: '0',
  },
  ...more,
});
const PAYMENT = { paymentId: 'n1.1', payer: 'USALP', payee: 'USDUK', amountMicros: '700' };
const netting = (more: JsonObject = {}) => ({
  'netting:n1': {
    ...{ nettingId: 'n1', periodId: '2026-05', round: 1, currency: 'USD' },
    pairs: [{ low: 'USALP', high: 'USDUK', commitment }],
    positions: [netted('USALP', '-700'), netted('USDUK', '700')],
    payments: [PAYMENT],
    ...more,
  },
});
const payment = (state: string, version: number, more: JsonObject = {}) => ({
  'payment:n1.1': { ...PAYMENT, nettingId: 'n1', state, version, sent: [], receipts: [], ...more },
});
const ORDER = Point.Fn.ORDER;

describe('nettings and payments on the ledger', () => {
  let book: Book;
  beforeEach(() => {
    book = new Book(new Forms(), new Nettings(), new Payments());
    book.write({
      'pairPeriod:2026-05:USALP:USDUK': {
        version: 1,
        statements: [{ round: 1, balances: [{ currency: 'USD', commitment, documents: [] }] }],
      },
      ...position('USALP', '-700', ORDER - 5n),
      ...position('USDUK', '700', 5n),
    });
  });

  it('hold when each position opens its pairs’ commitments and is what its payments come to', () => {
    book.write({ ...netting(), ...payment('due', 1) });
    book.write(payment('sent', 2, { sent: [{}] }));
    book.write(
      payment('confirmed', 3, {
        sent: [{}],
        receipts: [{ receiptId: 'r1', state: 'counted', amountMicros: '700' }],
      }),
    );
    book.end();
  });

  const cases: readonly [what: string, text: RegExp, act: (book: Book) => void][] = [
    [
      'positions that are nobody’s balances',
      /positions of 2 members are not what their commitments open to/,
      (b) => {
        b.write({
          ...netting({
            positions: [netted('USALP', '-701'), netted('USDUK', '701')],
            payments: [{ ...PAYMENT, amountMicros: '701' }],
          }),
          ...payment('due', 1, { amountMicros: '701' }),
        });
      },
    ],
    [
      'a blinding that opens nothing',
      /positions of 2 members/,
      (b) => {
        b.write({ ...position('USALP', '-700', 1n, 2), ...position('USDUK', '700', 1n, 2) });
        b.write({ ...netting(), ...payment('due', 1) });
      },
    ],
    [
      'a commitment that the pair did not close with',
      /closed with another commitment/,
      (b) => {
        b.write(netting({ pairs: [{ low: 'USALP', high: 'USDUK', commitment: Point.BASE.toHex() }] }));
      },
    ],
    [
      'a member left out',
      /leaves out USALP/,
      (b) => {
        b.write(netting({ positions: [netted('USDUK', '700')] }));
      },
    ],
    [
      'positions that do not come to nothing',
      /carriedMicros do not come to nothing/,
      (b) => {
        b.write(
          netting({ positions: [netted('USALP', '-700'), netted('USDUK', '700', { carriedMicros: '1' })] }),
        );
      },
    ],
    [
      'a payment that is not a position',
      /payments of USALP are not its position/,
      (b) => {
        b.write({ ...netting({ payments: [{ ...PAYMENT, amountMicros: '699' }] }), ...payment('due', 1) });
      },
    ],
    [
      'more payments than needed',
      /more payments than members need/,
      (b) => {
        b.write(
          netting({
            payments: [
              { ...PAYMENT, amountMicros: '300' },
              { ...PAYMENT, amountMicros: '400', paymentId: 'n1.2' },
            ],
          }),
        );
      },
    ],
    [
      'a payment that is not begun',
      /begins 0 payments and says 1/,
      (b) => {
        b.write(netting());
      },
    ],
    [
      'a payment that is begun otherwise',
      /begun otherwise than it says/,
      (b) => {
        b.write({ ...netting(), ...payment('due', 1, { payee: 'USGPC' }) });
      },
    ],
    [
      'a payment that no netting begins',
      /begun by no netting/,
      (b) => {
        b.write(payment('due', 1));
      },
    ],
    [
      'a payment that is confirmed before all came',
      /what was sent and came makes it short/,
      (b) => {
        b.write({ ...netting(), ...payment('due', 1) });
        b.write(
          payment('confirmed', 2, {
            sent: [{}],
            receipts: [{ receiptId: 'r1', state: 'counted', amountMicros: '699' }],
          }),
        );
      },
    ],
    [
      'a receipt that counts twice',
      /counts a receipt twice/,
      (b) => {
        b.write({ ...netting(), ...payment('due', 1) });
        const half = { receiptId: 'r1', state: 'counted', amountMicros: '350' };
        b.write(payment('confirmed', 2, { receipts: [half, half] }));
      },
    ],
    [
      'a payment to somebody else',
      /changed where it may not be/,
      (b) => {
        b.write({ ...netting(), ...payment('due', 1) });
        b.write(payment('due', 2, { payee: 'USGPC' }));
      },
    ],
    [
      'money carried that is not nothing together',
      /what is carried is not nothing/,
      (b) => {
        b.write({ 'carry:USD': { version: 1, left: [{ carriedMicros: '1' }] } });
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
