import assert from 'node:assert/strict';
import { batchBodies, bodyHash, settledSession, type JsonValue, isIncluded } from '@roamgrid/wire';
import { z } from 'zod';
import type { MemoryLedger } from '../testing/memory-ledger.ts';
import { AGREEMENT_ID, by, call, NOW_MS } from '../testing/parties.ts';
import { withClosed, withOpened } from '../testing/prepared.ts';
import { LANE_ID, openSession } from '../testing/opened.ts';

const asked = (verb: string, command: JsonValue, caller = by('USALP', 'aaa')) => ({
  caller,
  verb: `session.${verb}`,
  command,
  nowMs: NOW_MS,
});
const stateOf = async (ledger: MemoryLedger, number: number) => {
  const { answer } = await ledger.submit(
    asked('get', { sessionId: `${LANE_ID}-${number}` }, by('USGPC', 'auditor')),
  );
  return (answer as { state: string }).state;
};

describe('the session contract', () => {
  it('says the state of a number from public state alone, to any member', async () => {
    const { ledger, lane, closed } = await withClosed();
    await ledger.submit(call(lane.open(await Promise.all([3, 4].map((number) => openSession(number))))));
    const command = {
      vun: 'USDUK',
      hun: 'USALP',
      agreementId: AGREEMENT_ID,
      laneId: LANE_ID,
      number: 3,
      reason: 'fault',
    };
    await ledger.submit(call({ caller: by('USDUK', 'aaa'), verb: 'session.void', command }));
    assert.equal(closed.length, 2);
    const states = await Promise.all([1, 2, 3, 4].map((number) => stateOf(ledger, number)));
    assert.deepEqual(states, ['closed', 'closed', 'voided', 'opened']);
  });

  it('knows no number that was not opened, and no id that is none', async () => {
    const { ledger } = await withOpened([1]);
    for (const [sessionId, code] of [
      [`${LANE_ID}-2`, 'NOT_FOUND'],
      [`${LANE_ID}-4000`, 'NOT_FOUND'],
      ['USDUK-USALP-g9-1', 'NOT_FOUND'],
      [`${LANE_ID}-2147483648`, 'INVALID_ARGUMENT'],
      [`${LANE_ID}-01`, 'INVALID_ARGUMENT'],
      ['s1', 'INVALID_ARGUMENT'],
    ] as const)
      assert.equal(await ledger.refusal(asked('get', { sessionId })), code, sessionId);
  });

  it('gives a party one settled session with the way to the batch’s root, and nobody else', async () => {
    const { ledger, closed } = await withClosed();
    const { answer: batch } = await ledger.submit(
      asked('getBatch', { batchId: 'b1' }, by('USGPC', 'auditor')),
    );
    const { merkleRoot } = batch as { merkleRoot: string };
    for (const { body, text } of closed) {
      const query = { batchId: 'b1', sessionId: body.sessionId };
      for (const caller of [by('USALP', 'aaa'), by('USDUK', 'auditor')]) {
        const { answer } = await ledger.submit(asked('getClosed', query, caller));
        const found = z.decode(settledSession, answer as never);
        assert.equal(found.body, text);
        assert.ok(isIncluded(bodyHash(found.body), found.proof, merkleRoot));
        assert.equal(found.header.merkleRoot, merkleRoot);
      }
      assert.equal(await ledger.refusal(asked('getClosed', query, by('USGPC', 'auditor'))), 'NOT_FOUND');
    }
    const other = { batchId: 'b1', sessionId: `${LANE_ID}-3` };
    assert.equal(await ledger.refusal(asked('getClosed', other)), 'NOT_FOUND');
    assert.equal(await ledger.refusal(asked('getClosed', { ...other, batchId: 'b9' })), 'NOT_FOUND');
  });

  it('gives a party every session of a batch in order, and nobody else', async () => {
    const { ledger, lane, closed } = await withClosed();
    const { answer } = await ledger.submit(asked('getBatchBodies', { batchId: 'b1' }));
    const { bodies, header } = z.decode(batchBodies, answer as never);
    assert.deepEqual(
      bodies,
      closed.map(({ text }) => text),
    );
    assert.deepEqual(header, lane.header('b1', closed, { fromSequence: 1 }).header);
    assert.equal(
      await ledger.refusal(asked('getBatchBodies', { batchId: 'b1' }, by('USGPC', 'aaa'))),
      'NOT_FOUND',
    );
    assert.equal(await ledger.refusal(asked('getBatch', { batchId: 'b9' })), 'NOT_FOUND');
  });
});
