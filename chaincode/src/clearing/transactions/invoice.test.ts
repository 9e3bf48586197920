import assert from 'node:assert/strict';
import { implicitCollection, type InvoiceBody } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  by,
  call,
  MONTH,
  MSP,
  NOW_MS,
  sealedTerms,
  termsOf,
  TODAY,
} from '../../testing/parties.ts';
import { invoiceCall, type InvoiceOptions } from '../../testing/invoices.ts';
import { but, withClosed, withOpened } from '../../testing/prepared.ts';
import { closeSession } from '../../testing/closed.ts';
import { LANE_ID } from '../../testing/opened.ts';

/** Batches `b1` (CDRs 1, 2) and `b2` (CDR 3) closed. */
const withTwoBatches = async () => {
  const { ledger, lane, sessions } = await withOpened([1, 2, 3]);
  const [one, two, three] = sessions.map((session) => closeSession(session));
  assert.ok(one && two && three);
  const first = { batchId: 'b1', closed: [one, two] };
  const second = { batchId: 'b2', closed: [three], fromSequence: 3 };
  for (const { batchId, closed } of [first, second]) {
    await ledger.submit(call(lane.settle(batchId, closed)));
    lane.settled(closed);
  }
  return { ledger, first, second };
};

const PAIR_PERIOD = `pairPeriod:${MONTH}:USALP:USDUK`;

describe('clearing.invoice', () => {
  it('writes the invoice, marks its batches, moves the cursor, and gives both parties the bodies', async () => {
    const { ledger, closed } = await withClosed();
    const told = invoiceCall('i1', [{ batchId: 'b1', closed }]);
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public['invoice:i1'], {
      type: 'invoice',
      version: 1,
      invoiceId: 'i1',
      agreementId: AGREEMENT_ID,
      vun: 'USDUK',
      hun: 'USALP',
      laneId: LANE_ID,
      periodId: MONTH,
      state: 'issued',
      bodyHash: told.command['bodyHash'],
      payableHash: told.command['payableHash'],
      fromSequence: 1,
      toSequence: 2,
      issuedAtMs: NOW_MS,
    });
    assert.deepEqual(writes.public[`lastInvoiced:${LANE_ID}`], {
      type: 'lastInvoiced',
      version: 1,
      laneId: LANE_ID,
      toSequence: 2,
      invoiceId: 'i1',
    });
    const batch = writes.public['batch:b1'] as { version: number; invoiceId: string };
    assert.deepEqual([batch.version, batch.invoiceId], [2, 'i1']);
    assert.deepEqual((writes.public[PAIR_PERIOD] as { pending: string[] }).pending, ['invoice:i1']);
    assert.equal(Object.keys(writes.public).length, 5);
    const both = [MSP.USALP, MSP.USDUK];
    assert.deepEqual(writes.endorsers, {
      'invoice:i1': both,
      [`lastInvoiced:${LANE_ID}`]: both,
      [PAIR_PERIOD]: both,
    });
    for (const mspId of both) {
      const body = writes.private[`${implicitCollection(mspId)}/invoice:i1`] as unknown as {
        payableMicros: string;
      };
      // 93 % of twice 9.308999, each CDR split to the micro.
      assert.equal(body.payableMicros, '17314738');
      assert.ok(writes.private[`${implicitCollection(mspId)}/payable:i1`]);
    }
    assert.equal(Object.keys(writes.private).length, 4);
    assert.ok(!JSON.stringify(writes.public).includes('Micros'));
  });

  it('takes several batches at once, or one invoice after another', async () => {
    const { ledger, first, second } = await withTwoBatches();
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [first, second]))), 'ok');
    await ledger.submit(call(invoiceCall('i1', [first])));
    const { writes } = await ledger.submit(call(invoiceCall('i2', [second])));
    assert.equal((writes.public[`lastInvoiced:${LANE_ID}`] as { toSequence: number }).toSequence, 3);
  });

  it('refuses a gap, a batch twice, and a batch that was invoiced', async () => {
    const { ledger, first, second } = await withTwoBatches();
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [second]))), 'SEQUENCE_GAP');
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [second, first]))), 'SEQUENCE_GAP');
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [first, first]))), 'CONFLICT');
    await ledger.submit(call(invoiceCall('i1', [first])));
    assert.equal(await ledger.refusal(call(invoiceCall('i2', [first]))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [second]))), 'CONFLICT');
  });

  const bodies: readonly (readonly [code: string, options: InvoiceOptions])[] = [
    ['NOT_BALANCED', { body: { totalMicros: 18_617_999n } }],
    ['NOT_BALANCED', { body: { energyWh: 60_001n } }],
    ['NOT_BALANCED', { body: { sessions: 3 } }],
    ['NOT_BALANCED', { body: { payableMicros: 17_314_739n } }],
    ['NOT_BALANCED', { payable: { payableMicros: 17_314_739n } }],
    ['NOT_BALANCED', { payable: { debtor: 'USGPC' } }],
    ['NOT_BALANCED', { payable: { creditor: 'USGPC' } }],
    ['NOT_BALANCED', { payable: { periodId: TODAY } }],
    ['NOT_BALANCED', { body: { shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n } } }],
    ['SEQUENCE_GAP', { body: { toSequence: 3 } }],
    ['SEQUENCE_GAP', { body: { fromSequence: 2 } }],
    ['OUTSIDE_AGREEMENT', { body: { currency: 'EUR' } }],
    ['INVALID_ARGUMENT', { body: { invoiceId: 'i2' } }],
    ['INVALID_ARGUMENT', { body: { laneId: 'USDUK-USALP-g1' } }],
    ['INVALID_ARGUMENT', { body: { periodId: TODAY } }],
    ['INVALID_ARGUMENT', { body: { batchIds: ['b2'] } }],
  ];
  for (const [code, options] of bodies) {
    const shown = JSON.stringify(options, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    it(`refuses a body with ${shown}: ${code}`, async () => {
      const { ledger, closed } = await withClosed();
      assert.equal(await ledger.refusal(call(invoiceCall('i1', [{ batchId: 'b1', closed }], options))), code);
    });
  }

  it('refuses other callers, hashes, headers, terms and unknown batches', async () => {
    const { ledger, first, second } = await withTwoBatches();
    const told = invoiceCall('i1', [first]);
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'aaa') }],
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['HASH_MISMATCH', { command: { bodyHash: 'a'.repeat(64) } }],
      ['HASH_MISMATCH', { command: { payableHash: 'a'.repeat(64) } }],
      ['HASH_MISMATCH', { transient: { headers: invoiceCall('i1', [second]).transient.headers } }],
      ['HASH_MISMATCH', { transient: { terms: sealedTerms(termsOf({ noticeMs: 1 })).text } }],
      ['INVALID_ARGUMENT', { transient: { headers: '[]' } }],
      ['OUTSIDE_AGREEMENT', { command: { hun: 'USGPC' } }],
      ['INVALID_ARGUMENT', { command: { laneId: 'USDUK-USALP-g1' } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    assert.equal(await ledger.refusal(call(invoiceCall('i1', [{ ...first, batchId: 'b9' }]))), 'NOT_FOUND');
  });

  it('gives its body to the parties that ask their own peer', async () => {
    const { ledger, closed } = await withClosed();
    await ledger.submit(call(invoiceCall('i1', [{ batchId: 'b1', closed }])));
    const query = { verb: 'clearing.getInvoiceBody', command: { invoiceId: 'i1' }, nowMs: 0 };
    const { answer } = await ledger.submit({ ...query, caller: by('USALP', 'aaa') });
    assert.equal((answer as unknown as InvoiceBody).invoiceId, 'i1');
    assert.equal(await ledger.refusal({ ...query, caller: by('USGPC', 'auditor') }), 'NOT_FOUND');
  });
});
