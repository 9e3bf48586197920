import assert from 'node:assert/strict';
import {
  disputeChecks,
  EXPECTED,
  FATES,
  isExact,
  type DisputeReading,
  type RecordSeen,
} from './dispute-report.ts';
import { isExact as isMissingExact, missingChecks, type MissingReading } from './missing-report.ts';

const recordOf = (fate: RecordSeen['fate']): RecordSeen => {
  const common = { fate, sessionId: fate, totalMicros: 100n, payableMicros: 93n, driverMicros: 2n };
  if (fate === 'honest') return common;
  const { reason, state } = EXPECTED[fate];
  const evidence = 'more than the outlet can give';
  if (state === 'credited' || fate === 'late')
    return { ...common, reason, state, evidence, answeredMicros: 0n };
  const share = fate === 'revised' ? 2n : 1n;
  const amounts = { totalMicros: 100n / share, payableMicros: 93n / share, driverMicros: 2n / share };
  const supplement = { invoiceId: `s-${fate}`, ...amounts };
  return { ...common, reason, state, evidence, answeredMicros: supplement.totalMicros, supplement };
};

/** One honest, three credited, one halved, two as they were. */
const disputes: DisputeReading = {
  chain: 'verified',
  records: FATES.map(recordOf),
  invoicedMicros: 700n,
  nettedMicros: 93n * 3n + 46n,
  billedMicros: 98n * 3n + 49n,
  linesPerSession: Object.fromEntries(FATES.map((fate) => [fate, 1])),
  corrections: [
    { sessionId: 'padded', totalMicros: -100n },
    { sessionId: 'revised', totalMicros: -50n },
    { sessionId: 'silent', totalMicros: -100n },
    { sessionId: 'late', totalMicros: -100n },
  ],
  third: { disputes: 6, knows: false },
};
const failing = (reading: DisputeReading) => disputeChecks(reading).filter(({ ok }) => !ok).length;

describe('the checks of the dispute scenario', () => {
  it('hold for what should be seen', () => {
    assert.deepEqual(
      disputeChecks(disputes).filter(({ ok }) => !ok),
      [],
    );
    assert.ok(isExact(disputes));
  });

  it('fail for each reading that is another', () => {
    const spoilt: readonly Partial<DisputeReading>[] = [
      { chain: 'broken' },
      { invoicedMicros: 701n },
      { nettedMicros: 0n },
      { billedMicros: 0n },
      { linesPerSession: { ...disputes.linesPerSession, honest: 2 } },
      { corrections: disputes.corrections.slice(1) },
      { third: { disputes: 6, knows: true } },
      { third: { disputes: 5, knows: false } },
    ];
    for (const each of spoilt) assert.ok(failing({ ...disputes, ...each }) > 0, Object.keys(each).join());
    for (const [at, record] of disputes.records.entries()) {
      const { state: _, ...accepted } = record;
      const wrong = record.fate === 'honest' ? { ...record, state: 'disputed' as const } : accepted;
      assert.ok(failing({ ...disputes, records: disputes.records.with(at, wrong) }) > 0, record.fate);
    }
  });
});

const seen = { state: 'opened' as const, dueAtMs: 10 };
const demanded = { ...seen, demandedAtMs: 11 };
const ended = { state: 'voided' as const, demandedAtMs: 11 };
const missing: MissingReading = {
  chain: 'verified',
  sessionId: 'USDUK-USALP-g0-7',
  openedAtMs: 1,
  waiting: { home: seen, visited: seen },
  demanded: { home: demanded, visited: demanded, third: 1 },
  ended: { home: ended, visited: ended, unbilled: 'station-silent' },
  billLines: 0,
};

describe('the checks of the missing record scenario', () => {
  it('hold for what should be seen, and fail for each reading that is another', () => {
    assert.deepEqual(
      missingChecks(missing).filter(({ ok }) => !ok),
      [],
    );
    const spoilt: readonly Partial<MissingReading>[] = [
      { chain: 'broken' },
      { billLines: 1 },
      { waiting: { ...missing.waiting, visited: { state: 'opened' } } },
      { demanded: { ...missing.demanded, third: 0 } },
      { demanded: { ...missing.demanded, home: { ...demanded, demandedAtMs: 10 } } },
      { ended: { ...missing.ended, unbilled: 'record-refused' } },
      { ended: { ...missing.ended, visited: demanded } },
    ];
    for (const each of spoilt)
      assert.ok(
        missingChecks({ ...missing, ...each }).some(({ ok }) => !ok),
        JSON.stringify(each),
      );
    assert.ok(isMissingExact(missing));
  });
});
