import assert from 'node:assert/strict';
import { bankChecks, EXPECTED, FATES, isExact, type BankReport, type FateSeen } from './report.ts';

const seen = FATES.map((fate, at): FateSeen => ({
  fate,
  paymentId: `p${at}`,
  currency: 'USD',
  owedMicros: 10_000_500n,
  amountMicros: 10_000_000n,
  carriedMicros: 500n,
  ...EXPECTED[fate],
  endState: 'confirmed',
  countedMicros: 10_000_000n,
  toldAgain: 4,
  repeated: 4,
  countedAgainMicros: 10_000_000n,
}));
const good = {
  chain: 'verified',
  payments: seen,
  invoicedMicros: 10_000_000n * BigInt(FATES.length) + 500n,
  leftMicros: 500n,
} as const;
const failing = (reading: Pick<BankReport, 'chain' | 'payments' | 'invoicedMicros' | 'leftMicros'>) =>
  bankChecks(reading).filter(({ ok }) => !ok).length;

describe('the checks of the bank scenario', () => {
  it('hold for what should be seen, and name every requirement', () => {
    assert.equal(failing(good), 0);
    assert.ok(isExact(good));
    assert.deepEqual([...new Set(bankChecks(good).map(({ row }) => row))].sort(), ['ROAM-13', 'ROAM-24']);
  });

  it('fail for each reading that is another', () => {
    const spoilt: readonly Partial<FateSeen>[] = [
      { state: 'wrong-currency', fate: 'none' },
      { attempt: 'ordered' },
      { unmatched: 2 },
      { endState: 'short' },
      { countedMicros: 9_000_000n },
      { amountMicros: 10_000_001n },
      { owedMicros: 1n },
      { carriedMicros: 1n },
      { toldAgain: 0 },
      { repeated: 3 },
      { countedAgainMicros: 20_000_000n },
    ];
    for (const each of spoilt)
      for (const [at, payment] of seen.entries())
        assert.ok(
          failing({ ...good, payments: seen.with(at, { ...payment, ...each }) }) > 0,
          JSON.stringify(Object.keys(each)),
        );
    assert.equal(failing({ ...good, chain: 'broken' }), 1);
    assert.equal(failing({ ...good, leftMicros: 0n }), 1);
    assert.equal(failing({ ...good, invoicedMicros: 1n }), 1);
  });
});
