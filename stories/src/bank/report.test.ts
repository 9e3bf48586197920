import assert from 'node:assert/strict';
import { bankChecks, EXPECTED, FATES, isExact, type FateSeen, type PayoutSeen } from './report.ts';

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
const paidOut: PayoutSeen = {
  payoutId: 'out-2026-11-USD-0-1',
  providerId: 'poles',
  currency: 'USD',
  shareMicros: 2_000_300n,
  broughtMicros: 9_800n,
  amountMicros: 2_010_000n,
  carriedMicros: 100n,
  state: 'returned',
  endState: 'paid',
};
const good = {
  chain: 'verified',
  payments: seen,
  payouts: [paidOut] as PayoutSeen[],
  providerShareMicros: 2_000_300n,
  invoicedMicros: 10_000_000n * BigInt(FATES.length) + 500n,
  leftMicros: 500n,
} as const;
const failing = (reading: Parameters<typeof bankChecks>[0]) =>
  bankChecks(reading).filter(({ ok }) => !ok).length;

describe('the checks of the bank scenario', () => {
  it('hold for what should be seen, and name every requirement', () => {
    assert.equal(failing(good), 0);
    assert.ok(isExact(good));
    const rows = new Set(bankChecks(good).map(({ row }) => row));
    assert.deepEqual([...rows].sort(), ['ROAM-13', 'ROAM-24', 'ROAM-27']);
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
    const otherPayouts: readonly Partial<PayoutSeen>[] = [
      { shareMicros: 2_000_301n, carriedMicros: 101n },
      { amountMicros: 2_010_100n, carriedMicros: 0n },
      { amountMicros: 2_000_000n, carriedMicros: 10_100n },
      { state: 'paid' },
      { endState: 'returned' },
    ];
    for (const each of otherPayouts)
      assert.ok(
        failing({ ...good, payouts: [{ ...paidOut, ...each }] }) > 0,
        JSON.stringify(Object.keys(each)),
      );
    assert.ok(failing({ ...good, payouts: [], providerShareMicros: 0n }) > 0);
    assert.equal(failing({ ...good, chain: 'broken' }), 1);
    assert.equal(failing({ ...good, leftMicros: 0n }), 1);
    assert.equal(failing({ ...good, invoicedMicros: 1n }), 1);
  });
});
