import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import { z } from 'zod';
import { Book } from '../desk/book.ts';
import { accountHolder } from '../iso20022/parties.ts';
import { readMessage } from '../iso20022/read-message.ts';
import { writeCreditTransfer } from '../iso20022/write-credit-transfer.ts';
import { amount } from '../testing/holders.ts';

/**
 * A bank of somebody else: PyPI `mock-bank` 0.9.0, started anew with `mock-bank --port N --clock 2026-08-03T09:00` and named by
 * `ROAMGRID_MOCK_BANK=http://127.0.0.1:N`. What it answers is written by nobody here.
 */
const { ROAMGRID_MOCK_BANK: ORIGIN } = process.env;

const mailbox = z.array(z.looseObject({ type: z.string(), body: z.string() }));
const holder = (name: string, iban: string, bic: string) =>
  accountHolder.parse({ name, account: { iban }, agent: { bic } });

describe('orders to a bank that somebody else wrote', () => {
  if (ORIGIN === undefined) {
    console.log('skipped: mock-bank');
    return;
  }
  it('are paid or rejected there as they are in the book, also when one goes out twice', async () => {
    const payees = [
      holder('Abroad', 'DE89370400440532013000', 'DEUTDEFF'),
      holder('Closed', 'NL84MOCK0000000003', 'MOCKNL2A'),
      holder('Nowhere', 'NL57MOCK0000000004', 'ZZZZNL2AXXX'),
    ];
    const transfers = payees.map((creditor, at) => ({
      paymentId: `net-2026-07-1-EUR.${at}`,
      attempt: 1,
      endToEndId: `net-2026-07-1-EUR.${at}`,
      instructionId: `I${at}`,
      amount: amount('EUR', 12_345n),
      creditor,
      remittance: 'Roaming 2026-07',
    }));
    const text = writeCreditTransfer({
      messageId: 'RGORDER1',
      createdAtMs: Date.UTC(2026, 7, 3, 9),
      debtor: holder('ACME Corporation', 'NL41MOCK0000000001', 'MOCKNL2A'),
      chargeBearer: 'SLEV',
      executionDate: '2026-08-03',
      transfers,
    });
    const book = new Book();
    book.apply({ kind: 'order', orderId: 'RGORDER1', atMs: 0, transfers, text });
    const post = (path: string, body?: string) =>
      fetch(`${ORIGIN}${path}`, { method: 'POST', ...(body === undefined ? {} : { body }) });
    const [first, again] = [await post('/payments', text), await post('/payments', text)];
    assert.deepEqual([first.status, again.status], [202, 422]);
    await post('/_mock/advance?days=4');
    const mail = mailbox.parse(await (await fetch(`${ORIGIN}/_mock/mailbox`)).json());
    for (const [at, { body }] of mail.entries())
      book.apply({
        kind: 'message',
        sha256: at.toString(),
        atMs: 0,
        message: unwrap(readMessage(Buffer.from(body))),
      });
    assert.ok(
      ['pain.002', 'camt.053', 'camt.054'].every((kind) => mail.some(({ type }) => type.startsWith(kind))),
    );
    assert.deepEqual(
      book.attempts.map(({ state, reasons }) => [state, reasons.map(({ code }) => code).join()]),
      [
        ['paid', ''],
        ['rejected', 'AC04'],
        ['rejected', 'RC01'],
      ],
    );
  });
});
