import assert from 'node:assert/strict';
import { ristretto255, ristretto255_hasher as hasher } from '@noble/curves/ed25519.js';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Forms } from './forms.ts';
import { Nettings } from './nettings.ts';
import { Payments } from './payments.ts';

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
