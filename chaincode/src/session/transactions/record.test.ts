import assert from 'node:assert/strict';
import { implicitCollection } from '@roamgrid/wire';
import { AGREEMENT_ID, by, call, MSP } from '../../testing/parties.ts';
import { but, withOpened } from '../../testing/prepared.ts';

const HASH = 'a'.repeat(64);
const told = (items = [{ sessionId: 's1', sequence: 1, readingHash: HASH }]) => ({
  caller: by('USDUK', 'station'),
  verb: 'session.record',
  command: { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID, items },
});

describe('session.record', () => {
  it('writes one key a sequence and makes both organisations endorse', async () => {
    const { ledger } = await withOpened(['s1']);
    const { writes } = await ledger.submit(call(told()));
    assert.deepEqual(writes.public['interim:s1:00000001'], {
      type: 'interim',
      version: 1,
      sessionId: 's1',
      sequence: 1,
      readingHash: HASH,
    });
    assert.deepEqual(writes.endorsers, { 'interim:s1:00000001': [MSP.USALP, MSP.USDUK] });
    assert.deepEqual(
      Object.keys(writes.private).map((key) => key.split('/')[0]),
      [implicitCollection(MSP.USDUK), implicitCollection(MSP.USALP)],
    );
  });

  it('takes a sequence that was told before as it stands, under whatever command', async () => {
    const { ledger } = await withOpened(['s1']);
    await ledger.submit(call(told()));
    const { writes } = await ledger.submit(
      call(
        told([
          { sessionId: 's1', sequence: 1, readingHash: HASH },
          { sessionId: 's1', sequence: 2, readingHash: HASH },
        ]),
      ),
    );
    const records = Object.keys(writes.public).filter((key) => key.startsWith('interim:'));
    assert.deepEqual(records, ['interim:s1:00000002']);
  });

  it('refuses another reading for the sequence, a sequence twice, and another caller', async () => {
    const { ledger } = await withOpened(['s1']);
    await ledger.submit(call(told()));
    const changed = [{ sessionId: 's1', sequence: 1, readingHash: 'b'.repeat(64) }];
    assert.equal(await ledger.refusal(call(told(changed))), 'CONFLICT');
    const twice = [...told().command.items, ...told().command.items];
    assert.equal(await ledger.refusal(call(told(twice))), 'CONFLICT');
    assert.equal(await ledger.refusal(but(told(), { caller: by('USALP', 'station') })), 'FORBIDDEN');
    assert.equal(await ledger.refusal(but(told(), { caller: by('USDUK', 'auditor') })), 'FORBIDDEN');
  });
});
