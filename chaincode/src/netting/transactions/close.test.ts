import assert from 'node:assert/strict';
import type { PairPeriodRecord } from '@roamgrid/wire';
import { by, MSP } from '../../testing/parties.ts';
import { NettingStage, owes, PERIOD, RING } from '../../testing/netting.ts';

const PAIR = `pairPeriod:${PERIOD}:USALP:USDUK`;

const prepared = async () => {
  const stage = await NettingStage.with([...RING, owes('i4', 'USDUK', 'USALP', 40_000_000n)]);
  stage.accepted(owes('i5', 'USALP', 'USDUK', 1n), 'issued');
  stage.accepted(owes('i6', 'USALP', 'USDUK', 2n), 'issued');
  await stage.called();
  return stage;
};
const DOCUMENTS = ['invoice:i1', 'invoice:i4'];

describe('netting.close', () => {
  it('commits to the balance of what both accepted, keeps it in both collections, and carries the rest over', async () => {
    const stage = await prepared();
    const closing = stage.closing('USDUK', 'USALP', DOCUMENTS);
    const { writes } = await stage.tell(closing);
    const record = writes.public[PAIR] as unknown as PairPeriodRecord;
    assert.deepEqual(record.pending, ['invoice:i5', 'invoice:i6']);
    assert.deepEqual(record.statements[0]?.balances[0]?.documents, DOCUMENTS);
    assert.deepEqual(writes.endorsers[PAIR], [MSP.USALP, MSP.USDUK]);
    const body = writes.private[`_implicit_org_${MSP.USALP}/balance:${PERIOD}:USALP:USDUK:1`] as {
      balances: { lowOwesMicros: string }[];
    };
    assert.equal(body.balances[0]?.lowOwesMicros, '60000000');
    assert.deepEqual(body, writes.private[`_implicit_org_${MSP.USDUK}/balance:${PERIOD}:USALP:USDUK:1`]);
    const invoice = writes.public['invoice:i1'] as { state: string; nettingId: string };
    assert.deepEqual([invoice.state, invoice.nettingId], ['netted', `net-${PERIOD}-1-USD`]);
    assert.equal(await stage.refusal(stage.closing('USALP', 'USDUK', DOCUMENTS)), 'WRONG_STATE');
  });

  it('takes a credit note in as what the visited utility owes back', async () => {
    const stage = await NettingStage.with([owes('i1', 'USALP', 'USDUK', 100_000_000n)]);
    stage.noted(owes('c1', 'USDUK', 'USALP', 30_000_000n));
    await stage.called();
    const { writes } = await stage.tell(stage.closing('USALP', 'USDUK', ['invoice:i1', 'credit:c1']));
    const body = writes.private[`_implicit_org_${MSP.USALP}/balance:${PERIOD}:USALP:USDUK:1`] as {
      balances: { lowOwesMicros: string }[];
    };
    assert.equal(body.balances[0]?.lowOwesMicros, '70000000');
    const note = writes.public['credit:c1'] as { state: string; nettingId: string; version: number };
    assert.deepEqual([note.state, note.nettingId, note.version], ['netted', `net-${PERIOD}-1-USD`, 2]);
  });

  it('closes a round with nothing accepted, so that silence is told from nothing to net', async () => {
    const stage = await NettingStage.with([]);
    stage.accepted(owes('i5', 'USALP', 'USDUK', 1n), 'issued');
    await stage.called();
    const { writes } = await stage.tell(stage.closing('USALP', 'USDUK', []));
    const record = writes.public[PAIR] as unknown as PairPeriodRecord;
    assert.deepEqual([record.pending, record.statements[0]?.balances], [['invoice:i5'], []]);
    const { writes: netted } = await stage.tell(stage.netting());
    assert.deepEqual(
      Object.keys(netted.public).filter((key) => key.startsWith('netting:')),
      [],
    );
  });

  it('refuses a third, another role, other documents, another amount, another commitment, another round', async () => {
    const stage = await prepared();
    const good = stage.closing('USALP', 'USDUK', DOCUMENTS);
    const command = good.command;
    const short = stage.closing('USALP', 'USDUK', ['invoice:i1']);
    const swapped = stage.closing('USALP', 'USDUK', [...DOCUMENTS].reverse());
    const [commitment] = command['commitments'] as { commitment: string }[];
    const cases = [
      ['FORBIDDEN', { ...good, caller: by('USGPC', 'aaa') }],
      ['FORBIDDEN', { ...good, caller: by('USALP', 'station') }],
      ['INVALID_ARGUMENT', short],
      ['HASH_MISMATCH', swapped],
      [
        'NOT_BALANCED',
        { ...good, transient: { ...good.transient, balances: short.transient?.['balances'] ?? '' } },
      ],
      [
        'HASH_MISMATCH',
        { ...good, command: { ...command, commitments: [{ ...commitment, commitment: '0'.repeat(64) }] } },
      ],
      ['NOT_BALANCED', { ...good, command: { ...command, commitments: [] } }],
      ['WRONG_STATE', { ...good, command: { ...command, round: 2 } }],
      ['NOT_FOUND', { ...good, command: { ...command, low: 'USDUK', high: 'USALP' } }],
    ] as const;
    for (const [code, parts] of cases) assert.equal(await stage.refusal(parts), code);
  });
});

describe('netting.position', () => {
  it('is refused when the member’s balances do not come to it, to others, and where there are none', async () => {
    const stage = await prepared();
    await stage.tell(stage.closing('USALP', 'USDUK', DOCUMENTS));
    const good = stage.stating('USALP');
    const command = good.command;
    const cases = [
      ['NOT_BALANCED', { ...good, command: { ...command, netMicros: '-59999999' } }],
      ['NOT_BALANCED', { ...good, command: { ...command, blinding: '1'.repeat(64) } }],
      ['NOT_FOUND', { ...good, command: { ...command, currency: 'EUR' } }],
      ['NOT_FOUND', { ...good, command: { ...command, without: ['USDUK'] } }],
      ['INVALID_ARGUMENT', { ...good, command: { ...command, without: ['USDUK', 'USDUK'] } }],
      ['FORBIDDEN', { ...good, caller: by('USDUK', 'operator') }],
    ] as const;
    for (const [code, parts] of cases) assert.equal(await stage.refusal(parts), code);
    await stage.tell(good);
    // Another pair closes, and what was stated no longer holds: it is stated again.
    await stage.tell(stage.closing('USALP', 'USGPC', ['invoice:i3']));
    const { writes } = await stage.tell(stage.stating('USALP'));
    const position = writes.public[`position:${PERIOD}:1:USD:USALP`] as {
      netMicros: string;
      version: number;
    };
    assert.deepEqual([position.netMicros, position.version], ['-10000000', 2]);
  });
});
