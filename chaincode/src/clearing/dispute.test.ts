import assert from 'node:assert/strict';
import { bodyHash, disputeIdOf, implicitCollection, packBodies, type DisputeOutcome } from '@roamgrid/wire';
import { answerCall, answerOf, partCall, reinvoiceCall } from '../testing/disputes.ts';
import { invoiceCall } from '../testing/invoices.ts';
import {
  by,
  call,
  DAY_MS,
  makeKey,
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
import { cdrOf, closeSession, readingsOf, type ClosedSession } from '../testing/closed.ts';
import type { MemoryLedger } from '../testing/memory-ledger.ts';

const BOTH = [MSP.USALP, MSP.USDUK];

const issued = async () => {
  const { ledger, closed } = await withClosed();
  const batch = { batchId: 'b1', closed };
  await ledger.submit(call(invoiceCall('i1', [batch])));
  const [session, other] = closed;
  assert.ok(session && other);
  return { ledger, batch, session, other };
};

const disputed = async () => {
  const told = await issued();
  await told.ledger.submit(call(partCall(told.batch, [0])));
  return told;
};

const answered = async (outcome: DisputeOutcome, revised?: ClosedSession) => {
  const told = await disputed();
  await told.ledger.submit(call(answerCall(told.session, outcome, revised)));
  return told;
};

const payableIn = (writes: { private: Readonly<Record<string, unknown>> }, invoiceId: string) =>
  BigInt(
    (writes.private[`${implicitCollection(MSP.USDUK)}/payable:${invoiceId}`] as { payableMicros: string })
      .payableMicros,
  );

const stateOf = (ledger: MemoryLedger, session: ClosedSession): string =>
  (JSON.parse(ledger.state.get(`dispute:${disputeIdOf(session.hash)}`) ?? '{}') as { state: string }).state;

/** The same session with less parking in it: cheaper. */
const cheaper = (session: ClosedSession, number: number): ClosedSession =>
  closeSession(session.open, { readings: readingsOf(number, [{}, {}, {}, { charging: true }]) });

/** More parking than was settled: dearer. */
const dearer = (session: ClosedSession, number: number): ClosedSession =>
  closeSession(session.open, { readings: readingsOf(number, [{}, {}, { charging: false }]) });

describe('a disputed record', () => {
  it('is taken off its invoice, and the others are payable at once', async () => {
    const { ledger, batch, session, other } = await issued();
    const { writes } = await ledger.submit(call(partCall(batch, [0])));
    const id = disputeIdOf(session.hash);
    const invoice = writes.public['invoice:i1'] as { version: number; state: string };
    assert.deepEqual([invoice.version, invoice.state], [2, 'accepted']);
    const { shares } = cdrOf(other, 2);
    assert.equal(payableIn(writes, 'i1'), shares.vun + shares.infrastructure);
    assert.deepEqual(writes.endorsers, { [`dispute:${id}`]: BOTH });
    for (const mspId of BOTH) assert.ok(writes.private[`${implicitCollection(mspId)}/dispute:${id}`]);
    const shown = JSON.stringify(writes.public);
    for (const secret of ['Micros', 'ENERGY', session.body.sessionId]) assert.ok(!shown.includes(secret));
  });

  it('may be all that the invoice has', async () => {
    const { ledger, batch } = await issued();
    const { writes } = await ledger.submit(call(partCall(batch, [0, 1])));
    assert.equal(payableIn(writes, 'i1'), 0n);
  });

  it('is refused with amounts that its session does not come to, and at a place where it does not lie', async () => {
    const { ledger, batch, other } = await issued();
    const told = partCall(batch, [0]);
    const otherText = packBodies([other.text]);
    const place = JSON.parse(told.transient.places) as Record<string, unknown>[];
    const at = (change: object) => JSON.stringify([{ ...place[0], ...change }]);
    const cases = [
      ['FORBIDDEN', { caller: by('USDUK', 'aaa') }],
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['HASH_MISMATCH', { command: { bodyHash: 'a'.repeat(64) } }],
      ['HASH_MISMATCH', { command: { payableHash: 'a'.repeat(64) } }],
      ['INVALID_ARGUMENT', { transient: { sessions: otherText } }],
      ['HASH_MISMATCH', { transient: { places: at({ index: 1 }) } }],
      ['INVALID_ARGUMENT', { transient: { places: at({ size: 3 }) } }],
      ['NOT_FOUND', { transient: { places: at({ batchId: 'b9' }) } }],
      ['INVALID_ARGUMENT', { transient: { places: '[]' } }],
    ] as const;
    for (const [code, change] of cases)
      assert.equal(await ledger.refusal(but(told, change)), code, JSON.stringify(change));
    assert.equal(await ledger.refusal(call(partCall(batch, [0], { totalMicros: 1n }))), 'CDR_MISMATCH');
    assert.equal(await ledger.refusal(call(partCall(batch, [0], { payableMicros: 1n }))), 'CDR_MISMATCH');
    assert.equal(await ledger.refusal(call(partCall(batch, [0], { laneSequence: 2 }))), 'INVALID_ARGUMENT');
    assert.equal(await ledger.refusal(call(partCall(batch, [0], { evidence: 'other' }))), 'HASH_MISMATCH');
    const evidence = 'the outlet gives 50 kW';
    const shown = { evidence, evidenceHash: bodyHash(evidence) };
    assert.equal(await ledger.refusal(call(partCall(batch, [0], shown))), 'ok');
    assert.equal(await ledger.refusal(call(partCall(batch, [0, 0]))), 'CONFLICT');
    const greedy = partCall(batch, [0]);
    const whole = invoiceCall('i1', [batch]);
    assert.equal(
      await ledger.refusal(
        but(greedy, {
          command: { payableHash: whole.command['payableHash'] ?? '' },
          transient: { payable: whole.transient.payable },
        }),
      ),
      'NOT_BALANCED',
    );
  });

  it('is disputed once, and not after its invoice was accepted', async () => {
    const { ledger, batch } = await disputed();
    assert.equal(await ledger.refusal(call(partCall(batch, [0]))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(partCall(batch, [1]))), 'WRONG_STATE');
  });
});

describe('the answer to a dispute', () => {
  it('stands by the record, which then is owed on an invoice of its own', async () => {
    const { ledger, session } = await answered('upheld');
    assert.equal(stateOf(ledger, session), 'upheld');
    const { writes } = await ledger.submit(call(reinvoiceCall(session, answerOf(session, 'upheld'))));
    const record = writes.public['invoice:s1'] as Record<string, unknown>;
    assert.deepEqual([record['state'], record['supplementTo'], record['toSequence']], ['accepted', 'i1', 2]);
    const { shares } = cdrOf(session, 1);
    assert.equal(payableIn(writes, 's1'), shares.vun + shares.infrastructure);
    // On the pair's list of what is netted, as any invoice is.
    assert.deepEqual(writes.endorsers, { 'invoice:s1': BOTH, [`pairPeriod:${MONTH}:USALP:USDUK`]: BOTH });
    const pair = writes.public[`pairPeriod:${MONTH}:USALP:USDUK`] as { pending: string[] };
    assert.deepEqual(pair.pending, ['invoice:i1', 'invoice:s1']);
    assert.equal(stateOf(ledger, session), 'settled');
    const again = reinvoiceCall(session, answerOf(session, 'upheld'));
    assert.equal(await ledger.refusal(call(again)), 'WRONG_STATE');
  });

  it('revises it by another signed close, lower or higher, by the amount that the contract computes', async () => {
    const { ledger, session } = await disputed();
    for (const revised of [cheaper(session, 1), dearer(session, 1)]) {
      assert.notEqual(cdrOf(revised, 1).totalMicros, cdrOf(session, 1).totalMicros);
      assert.equal(await ledger.refusal(call(answerCall(session, 'revised', revised))), 'ok');
    }
    const lower = cheaper(session, 1);
    assert.ok(cdrOf(lower, 1).totalMicros < cdrOf(session, 1).totalMicros);
    await ledger.submit(call(answerCall(session, 'revised', lower)));
    const answer = answerOf(session, 'revised', lower);
    const { writes } = await ledger.submit(call(reinvoiceCall(session, answer)));
    assert.equal(payableIn(writes, 's1'), answer.payableMicros);
    assert.ok(ledger.state.get('batch:b1')?.includes('"invoiceId":"i1"'));
  });

  it('credits it whole, and nothing of it is invoiced again', async () => {
    const { ledger, session } = await answered('credited');
    assert.equal(stateOf(ledger, session), 'credited');
    const answer = answerOf(session, 'credited');
    assert.equal(await ledger.refusal(call(reinvoiceCall(session, answer))), 'WRONG_STATE');
  });

  it('is refused from others, a second time, with other amounts, and with a close that does not stand', async () => {
    const { ledger, session, other } = await disputed();
    const lower = cheaper(session, 1);
    const told = answerCall(session, 'revised', lower);
    const stray = closeSession(session.open, {
      readings: lower.body.readings,
      meterKey: makeKey('stray'),
    });
    const longer = closeSession(session.open, {
      readings: readingsOf(1, [{}, {}, {}, {}, { atMs: (session.body.readings.at(-1)?.atMs ?? 0) + 1 }]),
    });
    const cases = [
      ['FORBIDDEN', but(told, { caller: by('USALP', 'aaa') })],
      ['FORBIDDEN', but(told, { caller: by('USGPC', 'aaa') })],
      ['HASH_MISMATCH', but(told, { command: { answerHash: 'a'.repeat(64) } })],
      ['INVALID_ARGUMENT', but(told, { command: { outcome: 'upheld' } })],
      ['HASH_MISMATCH', but(told, { transient: { session: other.text } })],
      ['HASH_MISMATCH', but(told, { transient: { dispute: answerCall(other, 'upheld').transient.dispute } })],
      ['BAD_SIGNATURE', call(answerCall(session, 'revised', stray))],
      ['OVERLAP', call(answerCall(session, 'revised', longer))],
      ['INVALID_ARGUMENT', call(answerCall(session, 'revised', session))],
      ['INVALID_ARGUMENT', call(answerCall(session, 'revised', cheaper(other, 2)))],
      ['CDR_MISMATCH', call(answerCall(session, 'revised', lower, { totalMicros: 1n }))],
      ['HASH_MISMATCH', call(answerCall(session, 'upheld', undefined, { evidence: 'other' }))],
      ['CDR_MISMATCH', call(answerCall(session, 'upheld', undefined, { payableMicros: 1n }))],
      ['CDR_MISMATCH', call(answerCall(session, 'credited', undefined, { payableMicros: 1n }))],
    ] as const;
    for (const [code, tried] of cases) assert.equal(await ledger.refusal(tried), code);
    await ledger.submit(call(told));
    assert.equal(await ledger.refusal(call(answerCall(session, 'upheld'))), 'WRONG_STATE');
  });

  it('is a credit when the visited utility is silent, as the home utility may say once the time is over', async () => {
    const { ledger, session } = await disputed();
    const told = {
      caller: by('USALP', 'aaa'),
      verb: 'clearing.creditBySilence',
      command: { disputeId: disputeIdOf(session.hash) },
      transient: { terms: sealedTerms().text },
    };
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + SILENT_MS })), 'WRONG_STATE');
    const over = { nowMs: NOW_MS + SILENT_MS + 1 };
    assert.equal(await ledger.refusal(but(told, { ...over, caller: by('USDUK', 'aaa') })), 'FORBIDDEN');
    const quick = sealedTerms(termsOf({ answerWithinMs: 1 })).text;
    assert.equal(await ledger.refusal(but(told, { ...over, transient: { terms: quick } })), 'HASH_MISMATCH');
    await ledger.submit(but(told, over));
    assert.equal(stateOf(ledger, session), 'credited');
    assert.equal(await ledger.refusal(call(answerCall(session, 'upheld'))), 'WRONG_STATE');
  });

  it('is accepted when the home utility is silent on it, as the visited one may say once the time is over', async () => {
    const { ledger, session } = await answered('upheld');
    const period = monthAt(NOW_MS + SILENT_MS + 1);
    const told = {
      ...reinvoiceCall(session, answerOf(session, 'upheld'), 'b1', period),
      caller: by('USDUK', 'aaa'),
    };
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + SILENT_MS })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + SILENT_MS + 1 })), 'ok');
  });

  it('is owed in a period that runs, also on the day after it, and in no other', async () => {
    const { ledger, session } = await answered('upheld');
    const refusals = [];
    for (const atMs of [NOW_MS - 40 * DAY_MS, NOW_MS + 40 * DAY_MS]) {
      const told = reinvoiceCall(session, answerOf(session, 'upheld'), 'b1', monthAt(atMs));
      refusals.push(await ledger.refusal(call(told)));
    }
    assert.deepEqual(refusals, ['INVALID_ARGUMENT', 'INVALID_ARGUMENT']);
    const told = reinvoiceCall(session, answerOf(session, 'upheld'), 'b1', TODAY);
    const endOfDayMs = Date.parse(TODAY) + DAY_MS;
    assert.equal(await ledger.refusal(but(told, { nowMs: endOfDayMs + DAY_MS })), 'INVALID_ARGUMENT');
    assert.equal(await ledger.refusal(but(told, { nowMs: endOfDayMs + DAY_MS - 1 })), 'ok');
  });

  it('is invoiced by nobody else, in no other amount, and for no other record', async () => {
    const { ledger, session, other } = await answered('upheld');
    const answer = answerOf(session, 'upheld');
    const told = reinvoiceCall(session, answer);
    const wrong = reinvoiceCall(session, { ...answer, totalMicros: 1n });
    const foreign = reinvoiceCall(other, answer);
    const cases = [
      ['FORBIDDEN', but(told, { caller: by('USGPC', 'aaa') })],
      ['HASH_MISMATCH', but(told, { command: { bodyHash: 'a'.repeat(64) } })],
      ['HASH_MISMATCH', but(told, { command: { payableHash: 'a'.repeat(64) } })],
      ['HASH_MISMATCH', but(told, { transient: { answer: wrong.transient.answer } })],
      ['INVALID_ARGUMENT', but(told, { command: { periodId: TODAY } })],
      ['CONFLICT', but(told, { command: { supplementId: 'i1' } })],
      [
        'CDR_MISMATCH',
        but(told, {
          command: { bodyHash: wrong.command['bodyHash'] ?? '' },
          transient: { body: wrong.transient.body },
        }),
      ],
      ['NOT_FOUND', but(told, { command: { disputeId: foreign.command['disputeId'] ?? '' } })],
    ] as const;
    for (const [code, tried] of cases) assert.equal(await ledger.refusal(tried), code);
  });
});
