import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Misdeed } from '../simulator/misdeeds.ts';
import { honest } from '../simulator/misdeeds.ts';
import { Town } from '../testing/town.ts';
import type { LedgerPayment } from './payment-ledger.ts';

const PAYMENT = 'net-2026-07-1-USD.1';
const OWED = 186_010_000n;

const living = async (town: Town, work: (town: Town) => Promise<void>): Promise<void> => {
  try {
    town.ledger.owe(PAYMENT, 'USALP', 'USDUK', OWED);
    await work(town);
  } finally {
    town.end();
  }
};
const once =
  (misdeed: Misdeed) =>
  (_endToEndId: string, time: number): Misdeed =>
    time === 1 ? misdeed : 'none';
const attemptsOf = async (town: Town) =>
  (await town.desk('USALP').state()).attempts.map(({ endToEndId, state }) => `${endToEndId} ${state}`);

describe('payments by bank', () => {
  it('are sent when the money left, and confirmed when it came, by what the bank booked alone', async () => {
    await living(new Town(honest), async (town) => {
      await town.desk('USALP').round();
      assert.equal(town.ledger.stateOf(PAYMENT), 'due', 'an order is no payment');
      await town.today();
      assert.equal(town.ledger.stateOf(PAYMENT), 'confirmed');
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} paid`]);
      assert.equal(town.ledger.payments.get(PAYMENT)?.receipts.length, 1);
    });
  });

  it('count once, though notification and statement tell of them, and every file comes again', async () => {
    for (const isWithoutReferences of [false, true])
      await living(new Town(honest, { isWithoutReferences }), async (town) => {
        await town.days(2);
        for (const id of ['USALP', 'USDUK'] as const) {
          const processed = join(town.dropOf(id), 'processed');
          const files = readdirSync(processed);
          assert.ok(files.some((name) => name.endsWith('camt.053.xml')));
          for (const name of files)
            writeFileSync(join(town.dropOf(id), 'in', `again-${name}`), readFileSync(join(processed, name)));
        }
        await town.days(1);
        assert.ok(town.collected.some((line) => line.endsWith('repeated')));
        assert.deepEqual(town.ledger.told.map((line) => line.split(' ')[0]).sort(), ['receive', 'send']);
      });
  });

  const fates: readonly (readonly [
    misdeed: Misdeed,
    onLedger: LedgerPayment['state'],
    atPayer: string,
    unmatched: number,
  ])[] = [
    ['closed', 'due', 'rejected', 0],
    ['twice', 'doubled', 'doubled', 0],
    ['short', 'short', 'paid', 0],
    ['other-currency', 'wrong-currency', 'paid', 0],
    ['nameless', 'sent', 'paid', 1],
    ['taken-back', 'reversed', 'returned', 0],
  ];
  for (const [misdeed, onLedger, atPayer, unmatched] of fates)
    it(`by a bank that does "${misdeed}" are ${onLedger} on the ledger and ${atPayer} at the payer`, async () => {
      await living(new Town(once(misdeed)), async (town) => {
        await town.days(3);
        assert.equal(town.ledger.stateOf(PAYMENT), onLedger);
        assert.deepEqual(await attemptsOf(town), [`${PAYMENT} ${atPayer}`]);
        assert.equal(town.ledger.unmatched.size, unmatched);
        assert.equal((await town.desk('USDUK').state()).unmatched.length, unmatched);
      });
    });

  it('wait for a bank that is late, and are not ordered again meanwhile', async () => {
    await living(new Town(once('late')), async (town) => {
      await town.days(9);
      town.desk('USALP').retry(PAYMENT);
      await town.days(1);
      assert.equal(town.ledger.stateOf(PAYMENT), 'due');
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} accepted`]);
      await town.days(3);
      assert.equal(town.ledger.stateOf(PAYMENT), 'confirmed');
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} paid`]);
    });
  });

  it('are ordered again by themselves where what was wrong passes, and after a word where it does not', async () => {
    const seen = new Set<string>();
    const poorFirst = (endToEndId: string): Misdeed => {
      if (seen.size > 0) return 'none';
      seen.add(endToEndId);
      return 'no-funds';
    };
    await living(new Town(poorFirst), async (town) => {
      await town.days(2);
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} rejected`, `${PAYMENT}/2 paid`]);
      assert.equal(town.ledger.stateOf(PAYMENT), 'confirmed');
    });
    const backFirst = (endToEndId: string): Misdeed => (endToEndId === PAYMENT ? 'taken-back' : 'none');
    await living(new Town(backFirst), async (town) => {
      await town.days(3);
      assert.equal(town.ledger.stateOf(PAYMENT), 'reversed');
      // Asked for twice, it is paid once.
      town.desk('USALP').retry(PAYMENT);
      await town.desk('USALP').round();
      town.desk('USALP').retry(PAYMENT);
      await town.days(3);
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} returned`, `${PAYMENT}/2 paid`]);
      assert.equal(town.ledger.stateOf(PAYMENT), 'confirmed');
    });
  });

  it('that came short are made up by what is missing, no more', async () => {
    const shortFirst = (endToEndId: string): Misdeed => (endToEndId === PAYMENT ? 'short' : 'none');
    await living(new Town(shortFirst), async (town) => {
      await town.days(1);
      town.desk('USALP').retry(PAYMENT);
      await town.days(1);
      assert.equal(town.ledger.stateOf(PAYMENT), 'confirmed');
      const { attempts } = await town.desk('USALP').state();
      assert.deepEqual(
        attempts.map(({ amount }) => amount.minor),
        [18_601n, 500n],
      );
    });
  });

  it('are paid once by a desk that falls before, in and after each of its steps', async () => {
    for (const fall of ['before delivery', 'after delivery', 'in the ledger', 'after the ledger']) {
      await living(new Town(honest), async (town) => {
        const whole = town.ledger.of('USALP');
        let falls = 2;
        const fallen = (): never => {
          falls -= 1;
          throw new Error('fell');
        };
        const desk = town.open('USALP', {
          deliver: async (orderId, text) => {
            if (fall === 'before delivery' && falls > 0) fallen();
            writeFileSync(join(town.dropOf('USALP'), 'out', `${orderId}.xml`), text);
            if (fall === 'after delivery' && falls > 0) fallen();
            await Promise.resolve();
          },
          ledger: {
            ...whole,
            send: async (...of) => {
              if (fall === 'in the ledger' && falls > 0) fallen();
              await whole.send(...of);
              if (fall === 'after the ledger' && falls > 0) fallen();
            },
          },
        });
        await desk.round().catch(() => undefined);
        await town.today().catch(() => undefined);
        town.open('USALP');
        await town.days(2);
        assert.equal(town.ledger.stateOf(PAYMENT), 'confirmed', fall);
        assert.equal(town.ledger.payments.get(PAYMENT)?.receipts.length, 1, fall);
        assert.deepEqual(await attemptsOf(town), [`${PAYMENT} paid`], fall);
      });
    }
  });

  it('are known again from a journal whose last line was torn, and not from one that was changed', async () => {
    await living(new Town(honest), async (town) => {
      await town.days(1);
      const path = join(town.root, 'USALP', 'bank.journal');
      appendFileSync(path, 'abc {"kind":"deli');
      town.open('USALP');
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} paid`]);
      await town.days(1);
      town.open('USALP');
      assert.deepEqual(await attemptsOf(town), [`${PAYMENT} paid`]);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.replace('18601', '18602'));
      assert.throws(() => town.open('USALP'), /JOURNAL_DAMAGED: line 1/);
      writeFileSync(path, text);
      town.open('USALP');
    });
  });

  it('from another account than the payer’s are of no payment until a person says so', async () => {
    await living(new Town(honest), async (town) => {
      await town.desk('USALP').round();
      const out = join(town.dropOf('USALP'), 'out');
      // The money comes from an account that nobody knows the payer by.
      town.bank.take(town.account('USALP'), readFileSync(join(out, readdirSync(out)[0] ?? '')), town.nowMs);
      for (const { to, text } of town.bank.tick(town.nowMs))
        if (to === town.account('USDUK'))
          town.desk('USDUK').take(Buffer.from(text.replaceAll('000111222333', '000111222334')));
      await town.desk('USDUK').round();
      assert.deepEqual(
        (await town.desk('USDUK').state()).unmatched.map(({ why }) => why),
        ['from another account'],
      );
      assert.equal(town.ledger.stateOf(PAYMENT), 'due');
      assert.equal(town.ledger.unmatched.size, 1);
    });
  });
});
