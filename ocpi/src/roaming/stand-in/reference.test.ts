import assert from 'node:assert/strict';
import { referenceOf } from './reference.ts';

describe('the reference of a partner’s yes', () => {
  it('is a session’s that began after it and within its offer’s life, and no earlier or later one’s', () => {
    const card = { reference: 'ref-1', reference_at_ms: 1_000_000 };
    const quote = { issuedAtMs: 1_001_000, validUntilMs: 1_301_000 };
    const of = (startMs: number) => referenceOf(card, quote, startMs);
    assert.equal(of(1_000_000), 'ref-1');
    assert.equal(of(1_300_000), 'ref-1');
    assert.equal(of(999_999), undefined);
    assert.equal(of(1_360_001), undefined);
    assert.equal(referenceOf({ reference: null, reference_at_ms: null }, quote, 1_000_000), undefined);
  });
});
