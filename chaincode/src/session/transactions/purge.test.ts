import assert from 'node:assert/strict';
import { disputeIdOf, implicitCollection } from '@roamgrid/wire';
import { AGREEMENT_ID, by, call, DAY_MS, MSP, NOW_MS, sealedTerms, termsOf } from '../../testing/parties.ts';
import { answerCall, partCall } from '../../testing/disputes.ts';
import { invoiceCall } from '../../testing/invoices.ts';
import { amend, but, withClosed } from '../../testing/prepared.ts';
import { LANE_ID } from '../../testing/opened.ts';
import { allocation } from '../../testing/allocations.ts';
import { withReservation } from '../../testing/reserved.ts';

const RETENTION_MS = 365 * DAY_MS;
const told = {
  caller: by('USALP', 'aaa'),
  verb: 'session.purge',
  command: {
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: AGREEMENT_ID,
    batchIds: ['b1'],
    noteIds: ['n1'],
    disputeIds: [] as string[],
  },
  transient: { terms: sealedTerms().text },
  nowMs: NOW_MS + RETENTION_MS + 1,
};

const kept = async (notes: object = {}) => {
  const { ledger } = await withClosed();
  const record = {
    type: 'notes',
    version: 1,
    laneId: LANE_ID,
    agreementId: AGREEMENT_ID,
    notesHash: 'a'.repeat(64),
    atMs: NOW_MS,
  };
  ledger.state.set('notes:n1', JSON.stringify({ ...record, ...notes }));
  return ledger;
};

const disputed = async () => {
  const { ledger, closed } = await withClosed();
  const batch = { batchId: 'b1', closed };
  await ledger.submit(call(invoiceCall('i1', [batch])));
  await ledger.submit(call(partCall(batch, [0])));
  const [session] = closed;
  assert.ok(session);
  await ledger.submit(call(answerCall(session, 'upheld')));
  return { ledger, id: disputeIdOf(session.hash) };
};

describe('session.purge', () => {
  it('ends the caller’s own bodies after the agreed term and leaves every root and the other’s bodies', async () => {
    const ledger = await kept();
    const before = [...ledger.state.keys()];
    const { writes } = await ledger.submit(call(told));
    const own = implicitCollection(MSP.USALP);
    assert.deepEqual(
      writes.purged,
      ['batch:b1', 'header:b1', 'openings:b1', 'notes:n1'].map((key) => `${own}/${key}`),
    );
    assert.deepEqual(Object.keys(writes.public).length, 1);
    for (const key of before) assert.ok(ledger.state.has(key), key);
    assert.ok(ledger.privateState.has(`${implicitCollection(MSP.USDUK)}/batch:b1`));
    assert.ok(!ledger.privateState.has(`${own}/batch:b1`));
    const asked = { verb: 'session.getBatchBodies', command: { batchId: 'b1' }, nowMs: NOW_MS };
    assert.equal(await ledger.refusal({ ...asked, caller: by('USALP', 'aaa') }), 'NOT_FOUND');
    assert.equal(await ledger.refusal({ ...asked, caller: by('USDUK', 'aaa') }), 'ok');
  });

  it('ends what the caller keeps of a dispute, its answer and its revision; who disputed what stays a hash', async () => {
    const { ledger, id } = await disputed();
    const command = { ...told.command, batchIds: [], noteIds: [], disputeIds: [id] };
    const before = ledger.state.get(`dispute:${id}`);
    const { writes } = await ledger.submit(call({ ...told, command }));
    const own = implicitCollection(MSP.USALP);
    assert.deepEqual(
      writes.purged,
      [`dispute:${id}`, `answer:${id}`, `revision:${id}`].map((key) => `${own}/${key}`),
    );
    assert.equal(ledger.state.get(`dispute:${id}`), before);
    assert.ok(ledger.privateState.has(`${implicitCollection(MSP.USDUK)}/dispute:${id}`));
    const asked = { verb: 'clearing.getDisputeBody', command: { disputeId: id }, nowMs: NOW_MS };
    assert.equal(await ledger.refusal({ ...asked, caller: by('USALP', 'aaa') }), 'NOT_FOUND');
  });

  it('ends what the caller keeps of reservations and of a site’s slots, which stay booked and recorded once', async () => {
    const { ledger, reserved } = await withReservation();
    await ledger.submit(call(allocation('a1').record));
    const lists = { batchIds: [], noteIds: [], reservationIds: ['r1'], allocationIds: ['a1'] };
    const endMs = reserved.wish.untilMs;
    const of = (nowMs: number, change: object = {}) =>
      call({ ...told, command: { ...told.command, ...lists, ...change }, nowMs });
    // A reservation counts from its end on, which is after it was granted; slots from when they were recorded.
    assert.equal(await ledger.refusal(of(endMs + RETENTION_MS)), 'WRONG_STATE');
    assert.equal(await ledger.refusal(of(NOW_MS + RETENTION_MS, { reservationIds: [] })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(of(NOW_MS + RETENTION_MS + 1, { reservationIds: [] })), 'ok');
    for (const change of [{ reservationIds: ['r9'] }, { allocationIds: ['a9'] }])
      assert.equal(await ledger.refusal(of(endMs + RETENTION_MS + 1, change)), 'NOT_FOUND');
    const [record, batch] = ['reservation:r1', 'allocation:a1'].map((key) => ledger.state.get(key));
    for (const key of ['reservation:r1', 'allocation:a1']) {
      const { ledger: other } = await withReservation();
      await other.submit(call(allocation('a1').record));
      amend(other, key, { agreementId: 'other' });
      assert.equal(await other.refusal(of(endMs + RETENTION_MS + 1)), 'INVALID_ARGUMENT', key);
    }
    const { writes } = await ledger.submit(of(endMs + RETENTION_MS + 1));
    const own = implicitCollection(MSP.USALP);
    assert.deepEqual(
      writes.purged,
      ['reservation:r1', 'reservationUse:r1', 'allocation:a1', 'allocatedSlots:a1'].map(
        (key) => `${own}/${key}`,
      ),
    );
    assert.deepEqual(
      [ledger.state.get('reservation:r1'), ledger.state.get('allocation:a1')],
      [record, batch],
    );
    for (const key of ['reservation:r1', 'allocation:a1'])
      assert.ok(ledger.privateState.has(`${implicitCollection(MSP.USDUK)}/${key}`));
  });

  it('refuses a body before its time, of another pair, lane or agreement, and another caller', async () => {
    const ledger = await kept();
    const cases = [
      ['WRONG_STATE', { nowMs: NOW_MS + RETENTION_MS }],
      ['FORBIDDEN', { caller: by('USGPC', 'aaa') }],
      ['FORBIDDEN', { caller: by('USALP', 'station') }],
      ['NOT_FOUND', { command: { batchIds: ['b9'] } }],
      ['NOT_FOUND', { command: { noteIds: ['n9'] } }],
      ['INVALID_ARGUMENT', { command: { vun: 'USALP', hun: 'USDUK' } }],
      ['HASH_MISMATCH', { transient: { terms: sealedTerms(termsOf({ retentionMs: DAY_MS })).text } }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    const early = await kept({ atMs: NOW_MS + 1 });
    assert.equal(await early.refusal(call(told)), 'WRONG_STATE');
    const foreign = await kept({ laneId: 'USDUK-USGPC-g0' });
    assert.equal(await foreign.refusal(call(told)), 'INVALID_ARGUMENT');
    const other = await kept({ agreementId: 'other' });
    assert.equal(await other.refusal(call(told)), 'INVALID_ARGUMENT');
    const { ledger: disputing, id } = await disputed();
    const of = { ...told, command: { ...told.command, batchIds: [], noteIds: [], disputeIds: [id] } };
    assert.equal(await disputing.refusal(but(of, { nowMs: NOW_MS + RETENTION_MS })), 'WRONG_STATE');
    assert.equal(
      await disputing.refusal(but(of, { command: { disputeIds: ['a'.repeat(64)] } })),
      'NOT_FOUND',
    );
    amend(disputing, `dispute:${id}`, { answeredAtMs: NOW_MS + 1 });
    assert.equal(await disputing.refusal(call(of)), 'WRONG_STATE');
    amend(disputing, `dispute:${id}`, { agreementId: 'other' });
    assert.equal(await disputing.refusal(call(of)), 'INVALID_ARGUMENT');
    amend(ledger, 'batch:b1', { agreementId: 'other' });
    assert.equal(await ledger.refusal(call(told)), 'INVALID_ARGUMENT');
  });
});
