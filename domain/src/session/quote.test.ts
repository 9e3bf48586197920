import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ok } from '../result/index.ts';
import { capInForce, checkConsent, checkQuote, type QuoteTerms } from './quote.ts';

const quote: QuoteTerms = {
  currency: 'USD',
  estimateMicros: 9_000_000n,
  capMicros: 12_000_000n,
  issuedAtMs: 1_000,
  validUntilMs: 2_000,
};
const limits = { currency: 'USD', maxSessionMicros: 50_000_000n, maxValidityMs: 1_000 };

describe('a quote', () => {
  const right: readonly (readonly [what: string, change: Partial<QuoteTerms>])[] = [
    ['whose cap covers the estimate', {}],
    ['whose estimate is the cap', { estimateMicros: 12_000_000n }],
    ['whose cap is all that the agreement allows', { capMicros: 50_000_000n }],
    ['that costs nothing', { estimateMicros: 0n }],
  ];
  for (const [what, change] of right) {
    it(`${what} is taken`, () => {
      assert.deepEqual(checkQuote({ ...quote, ...change }, limits), ok({ ...quote, ...change }));
    });
  }

  const wrong: readonly (readonly [code: string, change: Partial<QuoteTerms>])[] = [
    ['QUOTE_CURRENCY', { currency: 'EUR' }],
    ['QUOTE_CAP_NOT_POSITIVE', { capMicros: 0n }],
    ['QUOTE_ESTIMATE_NEGATIVE', { estimateMicros: -1n }],
    ['QUOTE_ESTIMATE_ABOVE_CAP', { estimateMicros: 12_000_001n }],
    ['QUOTE_CAP_ABOVE_LIMIT', { capMicros: 50_000_001n }],
    ['QUOTE_TIME', { validUntilMs: 1_000 }],
    ['QUOTE_TIME', { validUntilMs: 2_001 }],
    ['QUOTE_TIME', { issuedAtMs: Number.NaN }],
  ];
  for (const [code, change] of wrong) {
    it(`with ${Object.keys(change).join()} ${Object.values(change).join()} is refused as ${code}`, () => {
      const result = checkQuote({ ...quote, ...change }, limits);
      assert.ok(!result.ok && result.error.code === code);
    });
  }
});

describe('a consent', () => {
  const rows: readonly (readonly [what: string, hash: string, atMs: number, code: string | undefined])[] = [
    ['at the instant of the quote', 'h1', 1_000, undefined],
    ['in the last millisecond', 'h1', 1_999, undefined],
    ['to another quote', 'h2', 1_500, 'CONSENT_OF_ANOTHER_QUOTE'],
    ['before the quote', 'h1', 999, 'CONSENT_TOO_EARLY'],
    ['when the quote has ended', 'h1', 2_000, 'CONSENT_TOO_LATE'],
  ];
  for (const [what, quoteHash, consentedAtMs, code] of rows) {
    it(`${what} ${code === undefined ? 'binds' : `is refused as ${code}`}`, () => {
      const result = checkConsent(quote, 'h1', { quoteHash, consentedAtMs });
      assert.equal(result.ok ? undefined : result.error.code, code);
    });
  }
});

describe('the cap in force', () => {
  it('is that of the last consent, and none without one', () => {
    assert.equal(capInForce([]), undefined);
    const consent = fc.record({
      consentedAtMs: fc.nat(5),
      capMicros: fc.bigInt({ min: 1n, max: 10n ** 9n }),
    });
    fc.assert(
      fc.property(fc.array(consent, { minLength: 1 }), (consents) => {
        const last = Math.max(...consents.map(({ consentedAtMs }) => consentedAtMs));
        const expected = consents.findLast(({ consentedAtMs }) => consentedAtMs === last);
        assert.equal(capInForce(consents), expected?.capMicros);
      }),
    );
  });
});
