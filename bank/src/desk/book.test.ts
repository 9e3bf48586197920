import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '@roamgrid/domain';
import { readMessage, type BankMessage } from '../iso20022/read-message.ts';
import { keyOf, SimulatedBank, type BankCustomer } from '../simulator/bank.ts';
import { MISDEEDS, seededTemper } from '../simulator/misdeeds.ts';
import { amount, HOLDERS } from '../testing/holders.ts';
import { writeCreditTransfer } from '../iso20022/write-credit-transfer.ts';
import { Book, type Fact, type OrderFact } from './book.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 7, 3, 9);
const { alabama, duke } = HOLDERS;

const orderOf = (count: number): OrderFact => {
  const transfers = Array.from({ length: count }, (_, at) => ({
    paymentId: `P-${at}`,
    attempt: 1,
    endToEndId: `P-${at}`,
    instructionId: `I-${at}`,
    amount: amount('USD', 10_000n + BigInt(at)),
  }));
  const text = writeCreditTransfer({
    messageId: 'ORDER',
    createdAtMs: START_MS,
    debtor: alabama,
    chargeBearer: 'DEBT',
    executionDate: '2026-08-03',
    transfers: transfers.map((transfer) => ({ ...transfer, creditor: duke, remittance: 'Roaming' })),
  });
  return { kind: 'order', orderId: 'ORDER', atMs: START_MS, transfers, text };
};

/** All that the bank tells both sides of an order within two weeks. */
const toldBy = (seed: string, order: OrderFact, isWithoutReferences: boolean) => {
  const customers = [alabama, duke].map(({ name, account }): BankCustomer => ({
    name,
    account,
    currency: 'USD',
    opening: 0n,
    dialect: 'new',
    isWithoutReferences,
  }));
  const bank = new SimulatedBank(customers, seededTemper(seed));
  bank.take(keyOf(alabama.account), Buffer.from(order.text), START_MS);
  const post = Array.from({ length: 14 }, (_, day) => {
    const nowMs = START_MS + day * DAY_MS;
    const today = bank.tick(nowMs);
    bank.closeDay(nowMs);
    return [...today, ...bank.tick(nowMs)];
  }).flat();
  const read = (to: string): BankMessage[] =>
    post.filter((each) => each.to === to).map(({ text }) => unwrap(readMessage(Buffer.from(text))));
  return { payer: read(keyOf(alabama.account)), payee: read(keyOf(duke.account)) };
};

const facts = (messages: readonly BankMessage[]): Fact[] =>
  messages.map((message) => ({ kind: 'message', sha256: message.messageId, atMs: 0, message }));
const bookOf = (list: readonly Fact[]): Book => {
  const book = new Book();
  for (const fact of list) book.apply(fact);
  return book;
};
/** What matters of a book, whatever the order in which it was told. */
const view = (book: Book): unknown => ({
  attempts: book.attempts.map(({ endToEndId, state }) => [endToEndId, state]),
  came: book.came
    .map(({ movement, takenBack }) => [
      movement.endToEndId ?? '',
      movement.amount.minor.toString(),
      takenBack !== undefined,
    ])
    .sort(),
  unclear: book.unclear.length,
});

describe('the book of what a bank told', () => {
  it('comes to the same, however often, in whatever order and by however many messages it was told', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 4 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (seed, isWithoutReferences, dice) => {
          const order = orderOf(6);
          const { payer, payee } = toldBy(seed, order, isWithoutReferences);
          for (const [messages, first] of [
            [payer, [order]],
            [payee, []],
          ] as const) {
            const told = facts(messages);
            const shuffled = [...told, ...told]
              .map((fact) => [dice.next().value ?? 0, fact] as const)
              .sort(([a], [b]) => a - b)
              .map(([, fact]) => fact);
            assert.deepEqual(view(bookOf([...first, ...shuffled])), view(bookOf([...first, ...told])));
            // The statements alone say it all, but for what has not been booked.
            const statements = told.filter(
              (fact) =>
                fact.kind === 'message' &&
                (fact.message.kind === 'status' || fact.message.source === 'statement'),
            );
            const isTold = ({ amount: { currency } }: { amount: { currency: string } }) => currency === 'USD';
            assert.deepEqual(
              bookOf([...first, ...statements]).came.filter(({ movement }) => isTold(movement)).length,
              bookOf([...first, ...told]).came.filter(({ movement }) => isTold(movement)).length,
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('has money in it that adds up: what left and did not come back is what arrived and was not taken back, but for charges', () => {
    for (let at = 0; at < 40; at += 1) {
      const order = orderOf(8);
      const { payer, payee } = toldBy(`adds-up-${at}`, order, false);
      const sent = bookOf([order, ...facts(payer)]).attempts;
      const came = bookOf(facts(payee)).came.filter(({ takenBack }) => takenBack === undefined);
      for (const { endToEndId, state } of sent) {
        const arrived = came.filter(({ movement }) => movement.endToEndId === endToEndId).length;
        const nameless = came.filter(({ movement }) => movement.endToEndId === undefined).length;
        const left = { doubled: 2, paid: 1, returned: 0, rejected: 0, accepted: 0, ordered: 0 }[state];
        assert.ok(
          arrived === left || (left === 1 && arrived === 0 && nameless > 0),
          `${endToEndId} ${state} ${arrived}`,
        );
      }
    }
  });

  it('is tested with a bank that does everything it can do wrong', () => {
    const temper = seededTemper('all');
    const done = new Set(Array.from({ length: 200 }, (_, at) => temper(`P-${at}`, 1, '')));
    assert.deepEqual([...done].sort(), [...MISDEEDS].sort());
    assert.equal(temper('P-1', 2, ''), 'none');
  });

  it('does not take for a refusal what says that the order is there already, or what a transfer of its own outweighs', () => {
    const order = orderOf(2);
    const status = (more: Partial<Extract<BankMessage, { kind: 'status' }>>): Fact => ({
      kind: 'message',
      sha256: JSON.stringify(more),
      atMs: 0,
      message: {
        kind: 'status',
        version: '12',
        messageId: 'S',
        createdAtMs: 0,
        orderId: 'ORDER',
        status: undefined,
        reasons: [],
        parts: [],
        transfers: [],
        unread: [],
        ...more,
      },
    });
    const states = (...told: readonly Fact[]) => bookOf([order, ...told]).attempts.map(({ state }) => state);
    const refusedFor = (code: string) => status({ status: 'rejected', reasons: [{ code, text: '' }] });
    for (const code of ['DUPL', 'DU01', 'AM05'])
      assert.deepEqual(states(refusedFor(code)), ['ordered', 'ordered']);
    const transfer = {
      instructionId: 'I-0',
      endToEndId: 'P-0',
      status: 'accepted',
      code: 'ACSP',
      reasons: [],
    } as const;
    const one = status({ transfers: [transfer] });
    const whole = refusedFor('FF01');
    assert.deepEqual(states(one, whole), ['accepted', 'rejected']);
    assert.deepEqual(states(whole, one), ['accepted', 'rejected']);
  });

  it('waits with what was taken back and never came, and with entries that nobody can part', () => {
    const order = orderOf(1);
    const { payee } = toldBy('x', order, false);
    const message = payee.find(
      (each) => each.kind === 'account' && each.accounts[0]?.movements[0] !== undefined,
    );
    assert.ok(message?.kind === 'account');
    const [account] = message.accounts;
    const [movement] = account?.movements ?? [];
    assert.ok(account !== undefined && movement !== undefined);
    const back = {
      ...movement,
      bankReference: 'X',
      direction: 'debit',
      isReversal: true,
      endToEndId: 'P-9',
    } as const;
    const batch = { ...movement, bankReference: 'Y', isUnsplit: true, endToEndId: undefined };
    const told = { ...message, accounts: [{ ...account, movements: [back, batch] }] };
    const book = bookOf([{ kind: 'message', sha256: 's', atMs: 0, message: told }]);
    assert.deepEqual(
      book.unclear.map(({ why }) => why),
      ['several transfers in one entry', 'taken back, and nothing such had come'],
    );
    assert.deepEqual(book.came, []);
  });
});
