import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import { readMessage } from '../iso20022/read-message.ts';
import { writeCreditTransfer } from '../iso20022/write-credit-transfer.ts';
import { amount, HOLDERS } from '../testing/holders.ts';
import { keyOf, SimulatedBank } from './bank.ts';
import { honest } from './misdeeds.ts';

const { alabama, duke, ostsee } = HOLDERS;
const NOW_MS = Date.UTC(2026, 7, 3, 9);
const from = keyOf(alabama.account);

const opened = () =>
  new SimulatedBank(
    [alabama, duke].map(({ name, account }) => ({
      name,
      account,
      currency: 'USD',
      opening: 100n,
      dialect: 'new',
    })),
    honest,
  );
const order = (creditor = duke) =>
  writeCreditTransfer({
    messageId: 'ORDER',
    createdAtMs: NOW_MS,
    debtor: alabama,
    chargeBearer: 'DEBT',
    executionDate: '2026-08-03',
    transfers: [
      { instructionId: 'I', endToEndId: 'E', amount: amount('USD', 100n), creditor, remittance: 'Roaming' },
    ],
  });
const answersTo = (bank: SimulatedBank, by: string, text: string) => {
  bank.take(by, Buffer.from(text), NOW_MS);
  return bank
    .tick(NOW_MS)
    .map((post) => unwrap(readMessage(Buffer.from(post.text))))
    .flatMap((message) => (message.kind === 'status' ? [message] : []))
    .flatMap(({ status, reasons, transfers }) => [
      ...(status === undefined ? [] : [`all ${status} ${reasons[0]?.code ?? ''}`]),
      ...transfers.map((transfer) => `${transfer.status} ${transfer.reasons[0]?.code ?? ''}`),
    ]);
};

describe('the simulated bank', () => {
  it('takes an order once, whatever is in it the second time', () => {
    const bank = opened();
    assert.deepEqual(answersTo(bank, from, order()), ['accepted ']);
    assert.deepEqual(answersTo(bank, from, order().replace('Roaming', 'Again')), ['all rejected DU01']);
  });

  it('rejects what does not add up, is of another’s account, or goes where nobody is', () => {
    assert.deepEqual(answersTo(opened(), from, order().replace('<CtrlSum>1.00', '<CtrlSum>1.01')), [
      'all rejected FF01',
    ]);
    assert.deepEqual(answersTo(opened(), from, order().replace('<NbOfTxs>1', '<NbOfTxs>2')), [
      'all rejected FF01',
    ]);
    assert.deepEqual(answersTo(opened(), from, '<Document/>'), ['all rejected FF01']);
    assert.deepEqual(answersTo(opened(), keyOf(duke.account), order()), ['rejected AG01']);
    assert.deepEqual(answersTo(opened(), from, order(ostsee)), ['rejected AC01']);
  });

  it('closes its day with balances that the bookings lead to, or the reader would refuse them', () => {
    const bank = opened();
    bank.take(from, Buffer.from(order()), NOW_MS);
    bank.tick(NOW_MS);
    bank.closeDay(NOW_MS);
    bank.closeDay(NOW_MS);
    const statements = bank.tick(NOW_MS).map(({ text }) => unwrap(readMessage(Buffer.from(text))));
    assert.deepEqual(
      statements.map((each) => (each.kind === 'account' ? each.accounts[0]?.movements.length : undefined)),
      [1, 1, 0, 0],
    );
  });
});
