import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Commitments,
  commitTo,
  sumOpenings,
  type BalanceOpening,
  type Signed,
} from './balance-commitment.ts';

const micros = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const blinding = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const opening = fc.record({ micros, blinding });
const sign = fc.constantFrom<1 | -1>(1, -1);
const signed = fc.array(fc.record({ sign, of: opening }), { maxLength: 5 });

const committed = (parts: readonly Signed<BalanceOpening>[]): Signed<string>[] =>
  parts.map((part) => ({ sign: part.sign, of: commitTo(part.of) }));

describe('balance commitments', function () {
  this.timeout(20_000);

  it('are opened in their sum by the sum of what opens them, and by no other amount or blinding', () => {
    fc.assert(
      fc.property(signed, micros, (parts, other) => {
        const commitments = new Commitments();
        const sum = sumOpenings(parts);
        assert.equal(
          sum.micros,
          parts.reduce((total, part) => total + BigInt(part.sign) * part.of.micros, 0n),
        );
        assert.ok(commitments.opens(committed(parts), sum));
        assert.equal(commitments.opens(committed(parts), { ...sum, micros: other }), other === sum.micros);
        const elsewhere = sumOpenings([
          { sign: 1, of: sum },
          { sign: 1, of: { micros: 0n, blinding: '1'.padStart(64, '0') } },
        ]);
        assert.ok(!commitments.opens(committed(parts), elsewhere));
      }),
      { numRuns: 20 },
    );
  });

  it('are the same for the same opening, others for another blinding, and the amount stands in none', () => {
    const one = commitTo({ micros: 1_000_000n, blinding: 'ab'.repeat(32) });
    assert.equal(one, commitTo({ micros: 1_000_000n, blinding: 'ab'.repeat(32) }));
    assert.notEqual(one, commitTo({ micros: 1_000_000n, blinding: 'ac'.repeat(32) }));
    assert.notEqual(one, commitTo({ micros: 1_000_001n, blinding: 'ab'.repeat(32) }));
  });

  it('that are no points of the group are none, and open nothing', () => {
    const commitments = new Commitments();
    for (const text of ['f'.repeat(64), `${'0'.repeat(63)}1`, 'zz']) {
      assert.ok(!commitments.isOne(text), text);
      assert.ok(!commitments.opens([{ sign: 1, of: text }], { micros: 0n, blinding: '0'.repeat(64) }));
    }
    assert.ok(commitments.isOne('0'.repeat(64)), 'the sum of nothing');
  });

  it('of both sides of every pair add up to nothing, whatever the pairs owe', () => {
    const parts: BalanceOpening[] = [5n, -7n, 11n].map((amount, at) => ({
      micros: amount,
      blinding: `${at}`.repeat(64),
    }));
    const both = parts.flatMap((of): Signed<string>[] => [
      { sign: 1, of: commitTo(of) },
      { sign: -1, of: commitTo(of) },
    ]);
    assert.ok(new Commitments().opens(both, { micros: 0n, blinding: '0'.repeat(64) }));
  });
});
