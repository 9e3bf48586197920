import assert from 'node:assert/strict';
import type { NettedPosition } from '@roamgrid/wire';
import { latePayerChecks, isExact as isLateExact } from './late-payer-report.ts';
import type { Invoiced, Paid, RoundSeen } from './round.ts';
import { isExact, threeWayChecks } from './three-way-report.ts';
import { isExact as isTokenExact, tokenChecks } from './token-report.ts';

const CENT = 10_000n;

const position = (utilityId: string, netMicros: bigint, changes: Partial<NettedPosition> = {}) => ({
  utilityId,
  netMicros,
  broughtMicros: 0n,
  stoodMicros: 0n,
  payableMicros: netMicros,
  carriedMicros: 0n,
  ...changes,
});
const invoice = (hun: string, vun: string, payableMicros: bigint): Invoiced => ({
  invoiceId: `i-${hun}-${vun}`,
  vun,
  hun,
  state: 'paid',
  totalMicros: payableMicros,
  payableMicros,
});
const paid = (paymentId: string, payer: string, payee: string, micros: bigint): Paid => ({
  paymentId,
  payer,
  payee,
  amountMicros: micros,
  state: 'confirmed',
  by: ['bank'],
  countedMicros: micros,
});
const failing = (checks: readonly { readonly ok: boolean }[]): number =>
  checks.filter(({ ok }) => !ok).length;

describe('the checks of the netting scenarios', () => {
  const first: RoundSeen = {
    nettingId: 'net-1',
    invoices: [invoice('A', 'B', 5n * CENT + 3n)],
    positions: [
      position('A', -5n * CENT - 3n, { payableMicros: -5n * CENT, carriedMicros: -3n }),
      position('B', 5n * CENT + 3n, { payableMicros: 5n * CENT, carriedMicros: 3n }),
    ],
    payments: [paid('p1', 'A', 'B', 5n * CENT)],
    pairs: 1,
    carriedPairs: 0,
  };
  const second: RoundSeen = {
    nettingId: 'net-2',
    invoices: [invoice('A', 'B', 2n * CENT - 3n)],
    positions: [
      position('A', -2n * CENT + 3n, { broughtMicros: -3n, payableMicros: -2n * CENT }),
      position('B', 2n * CENT - 3n, { broughtMicros: 3n, payableMicros: 2n * CENT }),
    ],
    payments: [paid('p2', 'A', 'B', 2n * CENT)],
    pairs: 1,
    carriedPairs: 0,
  };

  it('hold for two rounds that were paid, and fail for each reading that is another', () => {
    const pair = { parties: ['AMSP', 'BMSP'], amounts: 2, anyOf: ['AMSP', 'BMSP'], allOf: ['BMSP', 'AMSP'] };
    const good = {
      chain: 'verified' as const,
      members: ['A', 'B'],
      sessions: 2,
      rounds: [first, second],
      pairs: [pair],
    };
    assert.equal(failing(threeWayChecks(good)), 0);
    assert.ok(isExact(good));
    const rounds = (changes: Partial<RoundSeen>) => ({ ...good, rounds: [first, { ...second, ...changes }] });
    const spoilt = [
      { ...good, chain: 'broken' as const },
      { ...good, rounds: [first], members: ['A'] },
      rounds({ carriedPairs: 1 }),
      rounds({ payments: [] }),
      rounds({ payments: [{ ...paid('p2', 'A', 'B', 2n * CENT), countedMicros: 1n }] }),
      rounds({ payments: [{ ...paid('p2', 'A', 'B', 2n * CENT), by: ['token'] }] }),
      rounds({ invoices: [{ ...invoice('A', 'B', 2n * CENT - 3n), state: 'issued' }] }),
      rounds({ invoices: [] }),
      rounds({ positions: second.positions.map((each) => ({ ...each, broughtMicros: 0n })) }),
      { ...good, pairs: [{ ...pair, anyOf: ['AMSP', 'BMSP', 'CMSP'] }] },
      { ...good, pairs: [{ ...pair, allOf: ['AMSP'] }] },
      { ...good, pairs: [{ ...pair, amounts: 0 }] },
    ];
    for (const [at, each] of spoilt.entries()) assert.ok(failing(threeWayChecks(each)) > 0, `spoilt ${at}`);
  });

  it('hold for a default that was netted out and paid late, and fail for each reading that is another', () => {
    const good = {
      chain: 'verified' as const,
      members: ['A', 'B', 'C'],
      defaulter: 'A',
      first: {
        nettingId: 'net-1',
        without: [],
        positions: [position('A', -3n * CENT), position('B', 5n * CENT), position('C', -2n * CENT)],
        payments: [
          { ...paid('p1', 'A', 'B', 3n * CENT), state: 'due' as const, by: [], countedMicros: 0n },
          paid('p2', 'C', 'B', 2n * CENT),
        ],
        carriedPairs: 0,
      },
      bankSaid: ['AM04'],
      saidTooEarly: 'LEDGER_REFUSED: WRONG_STATE',
      recast: {
        nettingId: 'net-1.2',
        without: ['A'],
        positions: [
          position('B', 1n * CENT, { stoodMicros: -2n * CENT, payableMicros: -1n * CENT }),
          position('C', -1n * CENT, { stoodMicros: 2n * CENT, payableMicros: 1n * CENT }),
        ],
        payments: [paid('p2', 'C', 'B', 2n * CENT), paid('p3', 'B', 'C', 1n * CENT)],
        carriedPairs: 2,
      },
      paidFallenAway: 'WRONG_STATE: payment p1 fell away',
      later: {
        nettingId: 'net-2',
        invoices: [invoice('A', 'B', 4n * CENT), invoice('C', 'A', 1n * CENT), invoice('C', 'B', 1n * CENT)],
        positions: [position('A', -3n * CENT), position('B', 4n * CENT), position('C', -1n * CENT)],
        payments: [paid('p4', 'A', 'B', 3n * CENT), paid('p5', 'C', 'B', 1n * CENT)],
        pairs: 2,
        carriedPairs: 0,
      },
      firstDueAtMs: 1,
      paidAtMs: 2,
    };
    assert.deepEqual(
      latePayerChecks(good).filter(({ ok }) => !ok),
      [],
    );
    assert.ok(isLateExact(good));
    const spoilt = [
      { ...good, chain: 'broken' as const },
      { ...good, bankSaid: [] },
      { ...good, saidTooEarly: 'taken' },
      { ...good, paidFallenAway: 'taken' },
      { ...good, paidAtMs: 0 },
      { ...good, recast: { ...good.recast, without: [] } },
      { ...good, recast: { ...good.recast, carriedPairs: 1 } },
      { ...good, recast: { ...good.recast, payments: [] } },
      { ...good, later: { ...good.later, payments: [] } },
      { ...good, first: { ...good.first, payments: [] } },
    ];
    for (const [at, each] of spoilt.entries()) assert.ok(failing(latePayerChecks(each)) > 0, `spoilt ${at}`);
  });

  it('hold for what both and the chain have of payments by token, and fail for each reading that is another', () => {
    const place = { transactionHash: '0x1', blockHash: '0x2', depth: 3 };
    const byToken = { ...paid('p1', 'A', 'B', 5n * CENT), by: ['token' as const] };
    const driver = {
      refusedBefore: 'LIMIT_EXCEEDED: no means',
      erasure: 'ERASURE_PENDING: 1 holds',
      heldMicros: 9n,
      billMicros: 7n,
      drawnMicros: 7n,
      spentMicros: 7n,
      balanceMicros: 0n,
      payments: 1,
    };
    const payment = {
      paymentId: 'p1',
      amountMicros: 5n * CENT,
      sent: place,
      came: place,
      isSameAtBoth: true,
      isThere: true,
    };
    const good = {
      chain: 'verified' as const,
      members: ['A', 'B'],
      depth: 3,
      driver,
      round: { ...first, payments: [byToken] },
      payments: [payment],
      movedMicros: { A: -5n * CENT, B: 5n * CENT },
    };
    assert.equal(failing(tokenChecks(good)), 0);
    assert.ok(isTokenExact(good));
    const spoilt = [
      { ...good, chain: 'broken' as const },
      { ...good, driver: { ...driver, refusedBefore: 'taken' } },
      { ...good, driver: { ...driver, erasure: 'taken' } },
      { ...good, driver: { ...driver, drawnMicros: 8n } },
      { ...good, driver: { ...driver, spentMicros: 8n } },
      { ...good, driver: { ...driver, payments: 2 } },
      { ...good, payments: [] },
      { ...good, payments: [{ ...payment, isSameAtBoth: false }] },
      { ...good, payments: [{ ...payment, came: { ...place, depth: 2 } }] },
      { ...good, round: first },
      { ...good, movedMicros: {} },
    ];
    for (const [at, each] of spoilt.entries()) assert.ok(failing(tokenChecks(each)) > 0, `spoilt ${at}`);
  });
});
