import assert from 'node:assert/strict';
import fc from 'fast-check';
import { err, ok, unwrap } from '../result/index.ts';
import { formatDecimal, formatMicros, parseDecimal, parseMicros } from './decimal.ts';

describe('decimals', () => {
  const written: readonly (readonly [string, bigint])[] = [
    ['0', 0n],
    ['-0', 0n],
    ['12.34', 12_340_000n],
    ['-12.34', -12_340_000n],
    ['0.000001', 1n],
    ['007', 7_000_000n],
    ['1.5000000000', 1_500_000n],
  ];
  for (const [text, micros] of written) {
    it(`reads ${text} as ${micros} micros`, () => {
      assert.deepEqual(parseMicros(text), ok(micros));
    });
  }

  for (const text of [
    '',
    '.',
    '1.',
    '.5',
    '+1',
    '1e3',
    ' 1',
    '1 ',
    '1,5',
    '0x10',
    '٣',
    'NaN',
    '--1',
    '1.2.3',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const result = parseMicros(text);
      assert.ok(!result.ok && result.error.code === 'DECIMAL_INVALID');
    });
  }

  it('refuses a digit past the scale unless a rounding is named', () => {
    const refused = parseMicros('0.0000005');
    assert.ok(!refused.ok && refused.error.code === 'DECIMAL_TOO_PRECISE');
    assert.deepEqual(parseMicros('0.0000005', 'half-up'), ok(1n));
    assert.deepEqual(parseMicros('-0.0000005', 'half-up'), ok(-1n));
    assert.deepEqual(parseMicros('0.0000005', 'half-even'), ok(0n));
  });

  it('refuses a text that is too long before it looks inside', () => {
    assert.deepEqual(
      parseMicros('1'.repeat(65)),
      err({ code: 'DECIMAL_TOO_LONG', message: 'a number has at most 64 characters' }),
    );
  });

  it('writes at least the places asked for and never loses one', () => {
    assert.equal(formatMicros(12_340_000n), '12.34');
    assert.equal(formatMicros(1n), '0.000001');
    assert.equal(formatMicros(-5_000_000n), '-5.00');
    assert.equal(formatDecimal(1_234n, 3), '1.234');
    assert.equal(formatDecimal(1_000n, 3), '1');
    assert.equal(formatDecimal(42n, 0), '42');
  });

  it('reads back what it writes, at every scale', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(12), (value, scale) => {
        assert.equal(unwrap(parseDecimal(formatDecimal(value, scale), scale)), value);
      }),
    );
  });

  it('answers any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(typeof parseMicros(text).ok, 'boolean');
      }),
    );
  });
});
