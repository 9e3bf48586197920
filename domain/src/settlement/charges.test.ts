import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvoiceId, SessionId } from '../ids/index.ts';
import { currencyCode, money } from '../money/index.ts';
import { ok, unwrap } from '../result/index.ts';
import { ROUNDING_MODES } from '../rounding/index.ts';
import { applyAdjustments } from './adjustments.ts';
import { checkCap } from './cap.ts';
import { outstandingAfterCredits, revisionOf } from './credit-note.ts';
import { missingPairSequences, sumInvoice, type InvoiceLine } from './invoice.ts';

const USD = unwrap(currencyCode('USD'));
const EUR = unwrap(currencyCode('EUR'));
const usd = (micros: bigint) => money(USD, micros);
const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
const line = (number: number, micros: bigint, currency = USD): InvoiceLine => ({
  sessionId: unwrap(SessionId.parse(`s-${number}`)),
  pairSequence: number,
  total: money(currency, micros),
});

describe('adjustments', () => {
  const adjustment = fc.record({
    reason: fc.constant('r'),
    ppm: fc.bigInt({ min: -100_000n, max: 500_000n }),
  });
  const list = fc.array(adjustment, { maxLength: 6 });
  const mode = fc.constantFrom(...ROUNDING_MODES);
  /** Six discounts of a tenth, each rounded up by a micro at most, stay below it. */
  const discountable = fc.bigInt({ min: 20n, max: 10n ** 12n });

  it('give a total that is the base and its lines, in any order of the list', () => {
    fc.assert(
      fc.property(discountable, list, mode, (base, adjustments, rounding) => {
        const applied = unwrap(applyAdjustments(base, adjustments, rounding));
        assert.equal(
          applied.totalMicros,
          applied.lines.reduce((sum, { micros }) => sum + micros, base),
        );
        const reversed = unwrap(applyAdjustments(base, [...adjustments].reverse(), rounding));
        assert.equal(reversed.totalMicros, applied.totalMicros);
      }),
    );
  });

  it('round each line by the mode that is named and recorded', () => {
    const half = [{ reason: 'loyalty:gold', ppm: -500_000n }];
    assert.equal(unwrap(applyAdjustments(5n, half, 'half-even')).totalMicros, 3n);
    assert.equal(unwrap(applyAdjustments(5n, half, 'half-up')).totalMicros, 2n);
    assert.equal(unwrap(applyAdjustments(5n, half, 'half-up')).rounding, 'half-up');
  });

  it('are refused beyond the whole base and on a refund', () => {
    const twice = [
      { reason: 'a', ppm: -600_000n },
      { reason: 'b', ppm: -600_000n },
    ];
    const beyond = applyAdjustments(10n, twice, 'half-even');
    assert.ok(!beyond.ok && beyond.error.code === 'DISCOUNTS_EXCEED_BASE');
    // A micro is a micro: two discounts of the least that there is, each rounded to one.
    const least = { reason: 'a', ppm: -1n };
    const rounded = applyAdjustments(1n, [least, least], 'floor');
    assert.ok(!rounded.ok && rounded.error.code === 'DISCOUNTS_EXCEED_BASE');
    const refund = applyAdjustments(-1n, [], 'half-even');
    assert.ok(!refund.ok && refund.error.code === 'BASE_NEGATIVE');
  });
});

describe('the cap', () => {
  it('lets a total up to it through and refuses one micro more', () => {
    fc.assert(
      fc.property(amount, amount, (total, cap) => {
        const result = checkCap(usd(total), usd(cap));
        assert.equal(result.ok, total <= cap);
        if (!result.ok)
          assert.ok(result.error.code === 'CAP_EXCEEDED' && result.error.overMicros === total - cap);
      }),
    );
  });

  it('of another currency is no cap', () => {
    const result = checkCap(usd(1n), money(EUR, 10n));
    assert.ok(!result.ok && result.error.code === 'CURRENCY_MISMATCH');
  });
});

describe('an invoice', () => {
  const linesAndShuffle = fc
    .array(amount, { minLength: 1, maxLength: 20 })
    .map((amounts) => amounts.map((micros, index) => line(index + 1, micros)))
    .chain((lines) => fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })));

  it('sums its lines exactly, whatever their order, and lists them by number', () => {
    fc.assert(
      fc.property(linesAndShuffle, ([lines, shuffled]) => {
        const invoice = unwrap(sumInvoice(USD, shuffled));
        assert.deepEqual(invoice.lines, lines);
        assert.equal(
          invoice.total.micros,
          lines.reduce((sum, { total }) => sum + total.micros, 0n),
        );
      }),
    );
  });

  it('is refused when empty, doubled, negative or of two currencies', () => {
    const rows = [
      [[], 'INVOICE_EMPTY'],
      [[line(1, 5n), { ...line(1, 5n), pairSequence: 2 }], 'INVOICE_LINE_TWICE'],
      [[line(1, 5n), { ...line(2, 5n), pairSequence: 1 }], 'INVOICE_LINE_TWICE'],
      [[line(1, -1n)], 'INVOICE_LINE_NEGATIVE'],
      [[line(1, 1n), line(2, 1n, EUR)], 'CURRENCY_MISMATCH'],
    ] as const;
    for (const [lines, code] of rows) {
      const result = sumInvoice(USD, lines);
      assert.ok(!result.ok && result.error.code === code, code);
    }
  });

  it('shows which charge records are missing from the pair’s numbers', () => {
    assert.deepEqual(missingPairSequences([]), []);
    assert.deepEqual(missingPairSequences([1, 2, 3]), []);
    assert.deepEqual(missingPairSequences([5, 2]), [1, 3, 4]);
    assert.deepEqual(missingPairSequences([12], 10), [10, 11]);
    assert.equal(missingPairSequences([2 ** 53 - 1]).length, 1000);
  });
});

describe('credit notes', () => {
  const credit = (micros: bigint) => ({
    invoiceId: unwrap(InvoiceId.parse('i-1')),
    sessionId: unwrap(SessionId.parse('s-1')),
    amount: usd(micros),
    reason: 'meter fault',
  });

  it('of the whole amount reconcile to zero, in any parts', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 10n ** 9n }), { maxLength: 8 }), (parts) => {
        const invoiced = usd(parts.reduce((a, b) => a + b, 0n));
        assert.deepEqual(outstandingAfterCredits(invoiced, parts.map(credit)), ok(usd(0n)));
      }),
    );
  });

  it('cannot take back more than was invoiced, nor nothing', () => {
    const over = outstandingAfterCredits(usd(10n), [credit(6n), credit(5n)]);
    assert.ok(!over.ok && over.error.code === 'CREDIT_EXCEEDS_INVOICED');
    const none = outstandingAfterCredits(usd(10n), [credit(0n)]);
    assert.ok(!none.ok && none.error.code === 'CREDIT_NOT_POSITIVE');
  });

  it('turn an invoiced amount into the revised one', () => {
    fc.assert(
      fc.property(amount, amount, (invoiced, revised) => {
        const { credit: back, supplement } = unwrap(revisionOf(usd(invoiced), usd(revised)));
        assert.equal(invoiced - (back?.micros ?? 0n) + (supplement?.micros ?? 0n), revised);
        assert.ok(back === undefined || supplement === undefined);
        assert.ok((back?.micros ?? 1n) > 0n && (supplement?.micros ?? 1n) > 0n);
      }),
    );
  });
});
