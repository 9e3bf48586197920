import assert from 'node:assert/strict';
import {
  canonicalText,
  disputeIdOf,
  implicitCollection,
  MAX_PENDING_DOCUMENTS,
  pairPeriodRecord,
  type DisputeOutcome,
  type PairPeriodRecord,
} from '@roamgrid/wire';
import { closeSession, readingsOf, type ClosedSession } from '../testing/closed.ts';
import { answerCall, answerOf, partCall, reinvoiceCall } from '../testing/disputes.ts';
import { invoiceCall } from '../testing/invoices.ts';
import { acceptCall, contestCall, creditCall } from '../testing/late-disputes.ts';
import {
  by,
  call,
  CONTEST_MS,
  DAY_MS,
  MONTH,
  monthAt,
  MSP,
  NOW_MS,
  sealedTerms,
  SILENT_MS,
  termsOf,
  TODAY,
} from '../testing/parties.ts';
import { but, withClosed } from '../testing/prepared.ts';
import type { MemoryLedger } from '../testing/memory-ledger.ts';

const BOTH = [MSP.USALP, MSP.USDUK];

const accepted = async () => {
  const { ledger, closed } = await withClosed();
  const batch = { batchId: 'b1', closed };
  await ledger.submit(call(invoiceCall('i1', [batch])));
  await ledger.submit(call(acceptCall(batch)));
  const [session, other] = closed;
  assert.ok(session && other);
  return { ledger, batch, session, other };
};

const contested = async () => {
  const told = await accepted();
  await told.ledger.submit(call(contestCall(told.batch, [0])));
  return told;
};

const answered = async (outcome: DisputeOutcome, revised?: ClosedSession) => {
  const told = await contested();
  await told.ledger.submit(call(answerCall(told.session, outcome, revised)));
  return told;
};

const disputeIn = (ledger: MemoryLedger, session: ClosedSession) =>
  JSON.parse(ledger.state.get(`dispute:${disputeIdOf(session.hash)}`) ?? '{}') as Record<string, unknown>;

/** The same session with less, or more, parking in it. */
const cheaper = ({ open }: ClosedSession) =>
  closeSession(open, { readings: readingsOf(1, [{}, {}, {}, { charging: true }]) });
const dearer = ({ open }: ClosedSession) =>
  closeSession(open, { readings: readingsOf(1, [{}, {}, { charging: false }]) });

describe('a record that is contested after its invoice was accepted', () => {
  it('stays billed; both parties keep the body, and the channel sees that it is contested', async () => {
    const { ledger, batch, session } = await accepted();
    const before = ledger.state.get('invoice:i1');
    const { writes } = await ledger.submit(call(contestCall(batch, [0])));
    const key = `dispute:${disputeIdOf(session.hash)}`;
    const record = writes.public[key] as Record<string, unknown>;
    assert.deepEqual([record['state'], record['late']], ['disputed', true]);
    assert.deepEqual(writes.endorsers, { [key]: BOTH });
    assert.equal(ledger.state.get('invoice:i1'), before);
    for (const mspId of BOTH) assert.ok(writes.private[`${implicitCollection(mspId)}/${key}`]);
  });

  it('is contested within the agreed time alone, of an accepted or netted invoice, once, by home', async () => {
    const { ledger, batch } = await accepted();
    const told = contestCall(batch, [0]);
    const late = { nowMs: NOW_MS + CONTEST_MS + 1 };
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + CONTEST_MS })), 'ok');
    assert.equal(await ledger.refusal(but(told, late)), 'EXPIRED');
    const longer = sealedTerms(termsOf({ contestWithinMs: 94 * DAY_MS })).text;
    assert.equal(await ledger.refusal(but(told, { ...late, transient: { terms: longer } })), 'HASH_MISMATCH');
    const cases = [
      ['FORBIDDEN', { caller: by('USDUK', 'aaa') }],
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['NOT_FOUND', { command: { invoiceId: 'i9' } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    assert.equal(await ledger.refusal(call(contestCall(batch, [0], { totalMicros: 1n }))), 'CDR_MISMATCH');
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(told)), 'CONFLICT');
  });

  it('is not contested before its invoice was accepted, nor again after it was disputed then', async () => {
    const { ledger, closed } = await withClosed();
    const batch = { batchId: 'b1', closed };
    await ledger.submit(call(invoiceCall('i1', [batch])));
    assert.equal(await ledger.refusal(call(contestCall(batch, [0]))), 'WRONG_STATE');
    await ledger.submit(call(partCall(batch, [0])));
    assert.equal(await ledger.refusal(call(contestCall(batch, [0]))), 'CONFLICT');
    assert.equal(await ledger.refusal(call(contestCall(batch, [1]))), 'ok');
  });

  it('is owed as it was when the visited utility stands by it: nothing is billed again, nothing credited', async () => {
    const { ledger, session } = await answered('upheld');
    const answer = answerOf(session, 'upheld');
    assert.equal(await ledger.refusal(call(reinvoiceCall(session, answer))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(creditCall(session, answer))), 'WRONG_STATE');
  });

  it('leads to a credit note of all of it, or of what a lower close takes off, on the pair’s list of what is netted', async () => {
    for (const outcome of ['credited', 'revised'] as const) {
      const { ledger, session } = await contested();
      const revised = outcome === 'revised' ? cheaper(session) : undefined;
      await ledger.submit(call(answerCall(session, outcome, revised)));
      const answer = answerOf(session, outcome, revised);
      const told = creditCall(session, answer);
      const { writes } = await ledger.submit(call(told));
      const note = writes.public['credit:c-i1'] as Record<string, unknown>;
      assert.deepEqual([note['state'], note['invoiceId']], ['accepted', 'i1']);
      const pair = writes.public[`pairPeriod:${TODAY}:USALP:USDUK`] as { pending: string[] };
      assert.deepEqual(pair.pending, ['credit:c-i1']);
      const record = disputeIn(ledger, session);
      assert.deepEqual([record['state'], record['creditId']], ['settled', 'c-i1']);
      assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
      assert.ok(!JSON.stringify(writes.public).includes('Micros'));
    }
  });

  it('is not revised upwards', async () => {
    const { ledger, session } = await contested();
    assert.equal(
      await ledger.refusal(call(answerCall(session, 'revised', dearer(session)))),
      'OUTSIDE_AGREEMENT',
    );
  });

  it('is credited whole when the visited utility is silent for the agreed time', async () => {
    const { ledger, session } = await contested();
    assert.equal(await ledger.refusal(call(creditCall(session))), 'WRONG_STATE');
    await ledger.submit({
      ...call({
        caller: by('USALP', 'aaa'),
        verb: 'clearing.creditBySilence',
        command: { disputeId: disputeIdOf(session.hash) },
        transient: { terms: sealedTerms().text },
      }),
      nowMs: NOW_MS + SILENT_MS + 1,
    });
    assert.equal(
      await ledger.refusal(call(creditCall(session, undefined, { payableMicros: 1n }))),
      'CDR_MISMATCH',
    );
    assert.equal(await ledger.refusal(call(creditCall(session))), 'ok');
  });

  it('waits for the next round when as many documents wait as one nets', async () => {
    const { ledger, session } = await answered('credited');
    const told = call(creditCall(session, answerOf(session, 'credited')));
    const full: PairPeriodRecord = {
      type: 'pairPeriod',
      version: 1,
      periodId: TODAY,
      low: 'USALP',
      high: 'USDUK',
      pending: Array.from({ length: MAX_PENDING_DOCUMENTS }, (_, at) => `invoice:e${at}`),
      statements: [],
    };
    const put = (pending: readonly string[]) => {
      const text = canonicalText(pairPeriodRecord, { ...full, pending: [...pending] });
      ledger.state.set(`pairPeriod:${TODAY}:USALP:USDUK`, text);
    };
    put(full.pending);
    assert.equal(await ledger.refusal(told), 'TOO_LARGE');
    put(full.pending.slice(1));
    assert.equal(await ledger.refusal(told), 'ok');
  });

  it('leads to a note of no other amount, dispute, pair or debtor, told by a party', async () => {
    const { ledger, session, other } = await answered('credited');
    const answer = answerOf(session, 'credited');
    const told = creditCall(session, answer);
    const shares = { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n };
    const otherNote = creditCall(other, answer);
    const cases = [
      ['FORBIDDEN', but(told, { caller: by('USGPC', 'aaa') })],
      ['FORBIDDEN', but(told, { caller: by('USALP', 'operator') })],
      ['HASH_MISMATCH', but(told, { command: { bodyHash: 'a'.repeat(64) } })],
      ['HASH_MISMATCH', but(told, { command: { payableHash: 'a'.repeat(64) } })],
      ['HASH_MISMATCH', but(told, { transient: { dispute: otherNote.transient['dispute'] ?? '' } })],
      ['NOT_FOUND', but(told, { command: { disputeId: otherNote.command['disputeId'] ?? '' } })],
      ['INVALID_ARGUMENT', but(told, { command: { periodId: MONTH } })],
      ['INVALID_ARGUMENT', call(creditCall(session, answer, {}, monthAt(NOW_MS + 40 * DAY_MS)))],
      ['CDR_MISMATCH', call(creditCall(session, answer, { shares }))],
      ['CDR_MISMATCH', call(creditCall(session, answer, { energyWh: 1n }))],
      ['INVALID_ARGUMENT', call(creditCall(session, answer, { invoiceId: 'i2' }))],
      ['INVALID_ARGUMENT', call(creditCall(session, answer, { vun: 'USALP', hun: 'USDUK' }))],
    ] as const;
    for (const [code, tried] of cases) assert.equal(await ledger.refusal(tried), code);
    assert.equal(await ledger.refusal(but(told, { caller: by('USDUK', 'aaa') })), 'ok');
  });
});
