import assert from 'node:assert/strict';
import { paymentRecord } from '@roamgrid/wire';
import { by, NOW_MS } from '../../testing/parties.ts';
import { nettedRing, PERIOD, type NettingStage } from '../../testing/netting.ts';
import { receiptFor, received, sent } from '../../testing/payments.ts';

const PAYMENT = `net-${PERIOD}-1-USD.1`;
const OWED = 30_000_000n;

const paymentOf = (stage: NettingStage) => stage.record(paymentRecord, `payment:${PAYMENT}`);
const undoing = (stage: NettingStage, name: string, how: string) =>
  stage.parts('USDUK', 'payment.undo', { paymentId: PAYMENT, receiptId: `r-1-${name}`, how });

describe('a payment', () => {
  it('is due, then sent, then confirmed when as much came as was owed', async () => {
    const stage = await nettedRing();
    assert.equal(paymentOf(stage).state, 'due');
    await stage.tell(sent(stage, 'USALP', 1));
    assert.equal(paymentOf(stage).state, 'sent');
    await stage.tell(received(stage, 'USDUK', 1, OWED));
    const { state, confirmedAtMs, version } = paymentOf(stage);
    assert.deepEqual([state, confirmedAtMs, version], ['confirmed', NOW_MS, 3]);
    assert.equal(await stage.refusal(sent(stage, 'USALP', 1, 'again')), 'WRONG_STATE');
  });

  it('is confirmed by a bank that is faster than the payer’s word, by the payment’s own id', async () => {
    const stage = await nettedRing();
    const own = { kind: 'bank', entryReference: 'e', endToEndId: PAYMENT, statementHash: 'cd'.repeat(32) };
    await stage.tell(received(stage, 'USDUK', 1, OWED, 'own', { of: own }));
    assert.equal(paymentOf(stage).state, 'confirmed');
  });

  it('that comes short is short until the rest came, each part once', async () => {
    const stage = await nettedRing();
    await stage.tell(sent(stage, 'USALP', 1));
    await stage.tell(received(stage, 'USDUK', 1, OWED - 1n));
    assert.equal(paymentOf(stage).state, 'short');
    // The same entry, told by another message under another id, counts once.
    const again = received(stage, 'USDUK', 1, 1n, 'again', {
      of: {
        kind: 'bank',
        entryReference: 'entry-1-first',
        endToEndId: 'E2E-1',
        statementHash: 'ef'.repeat(32),
      },
    });
    assert.equal(await stage.refusal(again), 'CONFLICT');
    assert.equal(await stage.refusal(received(stage, 'USDUK', 1, 1n)), 'CONFLICT');
    await stage.tell(received(stage, 'USDUK', 1, 1n, 'rest'));
    assert.equal(paymentOf(stage).state, 'confirmed');
  });

  it('that comes twice is doubled until the second was given back', async () => {
    const stage = await nettedRing();
    await stage.tell(sent(stage, 'USALP', 1));
    await stage.tell(received(stage, 'USDUK', 1, OWED));
    await stage.tell(received(stage, 'USDUK', 1, OWED, 'second'));
    assert.equal(paymentOf(stage).state, 'doubled');
    await stage.tell(undoing(stage, 'second', 'returned'));
    assert.equal(paymentOf(stage).state, 'confirmed');
    assert.equal(await stage.refusal(undoing(stage, 'second', 'returned')), 'WRONG_STATE');
    assert.equal(await stage.refusal(undoing(stage, 'third', 'returned')), 'NOT_FOUND');
  });

  it('that is taken back is reversed, and paid by another transfer', async () => {
    const stage = await nettedRing();
    await stage.tell(sent(stage, 'USALP', 1));
    await stage.tell(received(stage, 'USDUK', 1, OWED));
    await stage.tell(undoing(stage, 'first', 'reversed'));
    const reversed = paymentOf(stage);
    assert.deepEqual([reversed.state, reversed.confirmedAtMs], ['reversed', undefined]);
    assert.equal(await stage.refusal(sent(stage, 'USALP', 1)), 'CONFLICT');
    await stage.tell(sent(stage, 'USALP', 1, 'E2E-1b'));
    assert.equal(paymentOf(stage).state, 'sent');
  });

  it('in another currency counts nothing', async () => {
    const stage = await nettedRing();
    await stage.tell(sent(stage, 'USALP', 1));
    await stage.tell(received(stage, 'USDUK', 1, OWED, 'eur', { currency: 'EUR' }));
    assert.equal(paymentOf(stage).state, 'wrong-currency');
    await stage.tell(received(stage, 'USDUK', 1, OWED, 'usd'));
    assert.equal(paymentOf(stage).state, 'confirmed');
  });

  it('by token is confirmed by the transfer that both saw in the same block, with block and depth', async () => {
    const stage = await nettedRing();
    const transfer = { transactionHash: `0x${'1a'.repeat(32)}`, blockHash: `0x${'2b'.repeat(32)}` };
    const receipt = (changes: object = {}, name = 'token', blockHash = `0x${'5e'.repeat(32)}`) =>
      received(stage, 'USDUK', 1, OWED, name, {
        of: {
          kind: 'token',
          chainId: '1337',
          sent: { ...transfer, ...changes },
          transactionHash: `0x${'4d'.repeat(32)}`,
          logIndex: 0,
          blockHash,
          depth: 12,
        },
      });
    assert.equal(await stage.refusal(receipt()), 'CONFLICT', 'the payer named none');
    const sending = (depth: number) =>
      stage.parts('USALP', 'payment.send', {
        paymentId: PAYMENT,
        means: { kind: 'token', chainId: '1337', ...transfer, depth },
      });
    await stage.tell(sending(3));
    assert.equal(await stage.refusal(sending(4)), 'CONFLICT', 'deeper is the same');
    const other = `0x${'3c'.repeat(32)}`;
    assert.equal(await stage.refusal(receipt({ transactionHash: other })), 'CONFLICT');
    assert.equal(await stage.refusal(receipt({ blockHash: other })), 'CONFLICT', 'seen in another block');
    await stage.tell(receipt());
    assert.equal(paymentOf(stage).state, 'confirmed');
    assert.equal(await stage.refusal(receipt({}, 'again')), 'CONFLICT', 'the same event counts once');
    await stage.tell(undoing(stage, 'token', 'reversed'));
    assert.equal(paymentOf(stage).state, 'reversed');
    await stage.tell(receipt({}, 'later', `0x${'6f'.repeat(32)}`));
    assert.equal(paymentOf(stage).state, 'confirmed', 'the chain has it in another block');
  });

  it('refuses the wrong party and role, and what is unknown', async () => {
    const stage = await nettedRing();
    const send = sent(stage, 'USALP', 1);
    const cases = [
      ['FORBIDDEN', { ...send, caller: by('USDUK', 'operator') }],
      ['FORBIDDEN', { ...send, caller: by('USALP', 'auditor') }],
      ['FORBIDDEN', received(stage, 'USALP', 1, OWED)],
      ['FORBIDDEN', { ...undoing(stage, 'first', 'reversed'), caller: by('USALP', 'operator') }],
      ['NOT_FOUND', sent(stage, 'USALP', 9)],
      [
        'CLOCK_SKEW',
        received(stage, 'USDUK', 1, OWED, 'x', {
          valueAtMs: NOW_MS + 600_000,
          of: { kind: 'bank', entryReference: 'z', endToEndId: PAYMENT, statementHash: 'cd'.repeat(32) },
        }),
      ],
    ] as const;
    for (const [code, parts] of cases) assert.equal(await stage.refusal(parts), code);
  });
});

describe('money that names no payment', () => {
  const at = (stage: NettingStage, verb: string, over: Record<string, string> = {}) =>
    stage.parts('USDUK', `payment.${verb}`, { utilityId: 'USDUK', receiptId: 'r-7-first', ...over });
  const unknown = async () => {
    const stage = await nettedRing();
    assert.equal(await stage.refusal(received(stage, 'USDUK', 1, OWED)), 'CONFLICT', 'it names nothing sent');
    const receipt = receiptFor(7, OWED);
    await stage.tell(stage.parts('USDUK', 'payment.unmatched', { utilityId: 'USDUK', receipt }));
    return { stage, receipt };
  };

  it('is kept in sight until it is matched, once, and then counts', async () => {
    const { stage, receipt } = await unknown();
    assert.equal(
      await stage.refusal(stage.parts('USDUK', 'payment.unmatched', { utilityId: 'USDUK', receipt })),
      'CONFLICT',
    );
    assert.equal(
      await stage.refusal(at(stage, 'match', { paymentId: `net-${PERIOD}-1-USD.2` })),
      'FORBIDDEN',
      'a payment to another',
    );
    await stage.tell(at(stage, 'match', { paymentId: PAYMENT }));
    assert.equal(paymentOf(stage).state, 'confirmed');
    assert.equal(await stage.refusal(at(stage, 'match', { paymentId: PAYMENT })), 'WRONG_STATE');
    assert.equal(await stage.refusal(at(stage, 'giveBack')), 'WRONG_STATE');
  });

  it('is given back, and counts for nothing', async () => {
    const { stage } = await unknown();
    assert.equal(
      await stage.refusal({ ...at(stage, 'giveBack'), caller: by('USALP', 'operator') }),
      'FORBIDDEN',
    );
    await stage.tell(at(stage, 'giveBack'));
    assert.equal(await stage.refusal(at(stage, 'match', { paymentId: PAYMENT })), 'WRONG_STATE');
    assert.equal(paymentOf(stage).state, 'due');
  });
});
