import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NODE_SUITE } from '../suite/node-suite.ts';
import type { Suite } from '../suite/suite.ts';
import { newHeldKey, WEB_SUITE } from '../suite/web-suite.ts';
import { EVSE_ID, HOME, MEMBERS, NOW_S, PHONE, short, STRANGER, TOKEN } from '../testing/consortium.ts';
import { CreditDesk, KeptEntries, newToken, openLedger } from '../testing/credit.ts';
import { signCreditAck } from './credit-ack.ts';
import { startOf, verifyCredit } from './credit-chain.ts';
import { signCreditEntry } from './credit-entry.ts';
import { CreditLedger } from './credit-ledger.ts';
import { syncCredit } from './credit-sync.ts';

const LOW = 1_000_000n;
const WH = 6_850n;
const COST = 2_192_000n;
const believing = { members: MEMBERS, suite: NODE_SUITE };
const by = { suite: NODE_SUITE, key: PHONE.key };

const code = (result: { ok: boolean; error?: { code: string } }): string | undefined => result.error?.code;

describe('the credit of a phone', () => {
  /** 5.00 of credit, and where the first session goes. */
  const begun = async () => {
    const store = new KeptEntries();
    const ledger = await openLedger(store);
    const first = await newToken(5_000_000n);
    assert.deepEqual(await ledger.grant(first.bytes, LOW), { ok: true, value: undefined });
    /** A session that the charger ends with what it says. */
    const charge = async (number: number, token = first.token) => {
      const reserved = await ledger.reserve({ token, evseId: EVSE_ID, energyWh: WH });
      assert.ok(reserved.ok);
      await ledger.debit(reserved.value, { number, energyWh: WH, micros: COST });
      return reserved.value;
    };
    const session = (number: number) => ({
      ...{ tokenId: first.name, evseId: EVSE_ID, number, micros: COST },
    });
    return { store, ledger, first, charge, session };
  };

  it('pays sessions until less is left than the limit: then the driver has to go online', async () => {
    const { ledger, first, charge } = await begun();
    await charge(1);
    assert.equal(ledger.balance('USD').availableMicros, 2_808_000n);
    await charge(2);
    const wish = { token: first.token, evseId: EVSE_ID, energyWh: WH };
    assert.equal(code(await ledger.reserve(wish)), 'GO_ONLINE');
    const second = await newToken(10_000_000n);
    await ledger.grant(second.bytes, LOW);
    assert.equal(ledger.balance('USD').availableMicros, 10_616_000n);
    assert.equal(code(await ledger.reserve(wish)), 'CREDIT_TOO_LITTLE');
    await charge(3, second.token);
    assert.equal(ledger.balance('USD').availableMicros, 8_424_000n);
  });

  it('comes to the same whether the record, the phone or the reload is first at home', async () => {
    for (const order of [
      'phone, record',
      'record, phone',
      'record, reload, phone',
      'reload, record, phone',
    ]) {
      const { ledger, charge, session } = await begun();
      const desk = new CreditDesk();
      await charge(1);
      await charge(2);
      for (const what of order.split(', ')) {
        if (what === 'record') desk.booked.push(session(1), session(2));
        if (what === 'reload') await ledger.grant((await newToken(10_000_000n)).bytes, LOW);
        if (what === 'phone') assert.ok((await syncCredit(ledger, desk, believing)).ok);
      }
      if (!order.includes('reload')) await ledger.grant((await newToken(10_000_000n)).bytes, LOW);
      for (const _ of [1, 2]) assert.ok((await syncCredit(ledger, desk, believing)).ok);
      const { availableMicros, spentMicros, reservedMicros } = ledger.balance('USD');
      assert.deepEqual([availableMicros, spentMicros, reservedMicros], [10_616_000n, 0n, 0n], order);
      assert.deepEqual(desk.head?.book, ledger.head.book);
    }
  });

  it('learns from the record what a charger said that the phone did not hear, once', async () => {
    const { ledger, first, session } = await begun();
    const desk = new CreditDesk();
    const reserved = await ledger.reserve({ token: first.token, evseId: EVSE_ID, energyWh: WH });
    assert.ok(reserved.ok);
    desk.booked.push(session(1));
    await syncCredit(ledger, desk, believing);
    const after = [2_808_000n, 0n, COST];
    const stands = () => {
      const { available, reserved: kept, billed } = ledger.tokens.get(first.name)?.balances ?? {};
      return [available, kept, billed];
    };
    assert.deepEqual(stands(), after);
    await ledger.debit(reserved.value, { number: 1, energyWh: WH, micros: COST });
    await syncCredit(ledger, desk, believing);
    assert.deepEqual(stands(), after);
    // Home says it once more.
    const { seq, hash } = ledger.head;
    const again = {
      home: TOKEN.issuer,
      number: 99,
      atS: NOW_S,
      seq,
      head: hash,
      sessions: [session(1)],
      closed: [],
    };
    await ledger.take(await signCreditAck(again, HOME.signer), MEMBERS, NODE_SUITE);
    assert.deepEqual(stands(), after);
  });

  it('spends once what home said before the charger; both starts stay asked for, as the other record may be on its way', async () => {
    const { ledger, first, session } = await begun();
    const desk = new CreditDesk();
    const wish = { token: first.token, evseId: EVSE_ID, energyWh: WH };
    // The phone stopped after the first, and nobody knows that nothing started.
    const [, started] = [await ledger.reserve(wish), await ledger.reserve(wish)];
    assert.ok(started.ok);
    desk.booked.push(session(1));
    await syncCredit(ledger, desk, believing);
    await ledger.debit(started.value, { number: 1, energyWh: WH, micros: COST });
    const { availableMicros, reservedMicros, spentMicros } = ledger.balance('USD');
    assert.deepEqual([availableMicros, reservedMicros, spentMicros], [2_808_000n, 0n, 0n]);
    assert.equal(ledger.tokens.get(first.name)?.starts.get(EVSE_ID), 2);
  });

  it('gives back what is left when nothing more is billed by a token', async () => {
    const { ledger, first, charge, session } = await begun();
    const desk = new CreditDesk();
    await charge(1);
    await ledger.reserve({ token: first.token, evseId: EVSE_ID, energyWh: WH });
    desk.booked.push({ ...session(1), micros: COST - 5n });
    desk.closed.add(first.name);
    await syncCredit(ledger, desk, believing);
    assert.deepEqual(ledger.tokens.get(first.name)?.balances, {
      ...{ home: -(COST - 5n), available: 0n, reserved: 0n, spent: 0n, billed: COST - 5n },
    });
    assert.deepEqual(ledger.reservations, []);
    assert.equal(
      code(await ledger.reserve({ token: first.token, evseId: EVSE_ID, energyWh: 1n })),
      'GO_ONLINE',
    );
  });

  it('is nobody else’s: other tokens, other utilities’ words and words on other ledgers are not taken', async () => {
    const { ledger } = await begun();
    const other = await newToken(1n, 1, { holder: short(STRANGER.key) });
    assert.equal(code(await ledger.grant(other.bytes, LOW)), 'CREDIT_OTHER_HOLDER');
    const desk = new CreditDesk();
    const forged = await desk.ack(ledger.head, STRANGER.signer);
    assert.equal(code(await ledger.take(forged, MEMBERS, NODE_SUITE)), 'CREDIT_ACK_FORGED');
    const elsewhere = await desk.ack({ ...ledger.head, hash: NODE_SUITE.random(32) });
    assert.equal(code(await ledger.take(elsewhere, MEMBERS, NODE_SUITE)), 'CREDIT_ACK_OTHER');
  });

  it('is the same by a browser’s cryptography as by Node’s', async () => {
    const held = await newHeldKey(PHONE.kid);
    const { token, bytes } = await newToken(5_000_000n, 20, { holder: short(held.key) });
    const store = new KeptEntries();
    const options = { store, holder: held.signer, key: held.key, nowS: () => NOW_S };
    const ledger = await CreditLedger.open({ ...options, suite: WEB_SUITE });
    await ledger.grant(bytes, LOW);
    await ledger.reserve({ token, evseId: EVSE_ID, energyWh: WH });
    for (const suite of [NODE_SUITE, WEB_SUITE] satisfies readonly Suite[]) {
      const read = await verifyCredit(await startOf(held.key, suite), store.entries, {
        suite,
        key: held.key,
      });
      assert.ok(read.ok);
      assert.deepEqual(read.value, ledger.head);
    }
  });

  it('is believed as it was written: no byte of an entry can be another, no entry left out, moved or of another key', async () => {
    const { store, charge } = await begun();
    await charge(1);
    const start = await startOf(PHONE.key, NODE_SUITE);
    const refused = async (entries: readonly Uint8Array[], key = PHONE.key) =>
      code(await verifyCredit(start, entries, { suite: NODE_SUITE, key }));
    assert.equal(await refused(store.entries), undefined);
    const [first, second, third] = store.entries as [Uint8Array, Uint8Array, Uint8Array];
    for (let at = 0; at < second.length; at += 1) {
      const spoiled = Uint8Array.from(second);
      spoiled[at] = (spoiled[at] ?? 0) ^ 1;
      assert.match((await refused([first, spoiled, third])) ?? 'taken', /^CREDIT_(MALFORMED|FORGED)$/);
    }
    assert.equal(await refused([first, third]), 'CREDIT_GAP');
    assert.equal(await refused([first, second, second]), 'CREDIT_GAP');
    assert.equal(await refused(store.entries, STRANGER.key), 'CREDIT_FORGED');
    const elsewhere = await begun();
    await elsewhere.charge(1);
    assert.equal(await refused([first, ...elsewhere.store.entries.slice(1)]), 'CREDIT_FORKED');
  });

  it('has a head that only the phone’s key states, and entries that move what happened', async () => {
    const { ledger, first } = await begun();
    const { seq, hash } = ledger.head;
    const movement = { kind: 'reserve', tokenId: first.name, evseId: EVSE_ID, micros: COST } as const;
    const less = { tokenId: first.name, from: 'available', to: 'reserved', micros: 1n } as const;
    const nonce = NODE_SUITE.random(8);
    const entry = { seq: seq + 1, before: hash, atS: NOW_S, nonce, movement };
    const forged = await signCreditEntry({ ...entry, transfers: [less] }, PHONE.signer);
    assert.equal(code(await verifyCredit(ledger.head, [forged], by)), 'CREDIT_BROKEN');
    const right = await signCreditEntry({ ...entry, transfers: [{ ...less, micros: COST }] }, PHONE.signer);
    assert.ok((await verifyCredit(ledger.head, [right], by)).ok);
    const fault = () => Promise.resolve('home granted no such token');
    assert.equal(code(await verifyCredit(ledger.head, [right], { ...by, fault })), 'CREDIT_BROKEN');
  });

  it('is one chain when two pages of a phone write it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 4, maxLength: 16 }), async (pages) => {
        const store = new KeptEntries();
        const both = [await openLedger(store), await openLedger(store)] as const;
        const { token, bytes } = await newToken(100_000_000n);
        await Promise.all(both.map((page) => page.grant(bytes, LOW)));
        const wish = { token, evseId: EVSE_ID, energyWh: 1_000n };
        await Promise.all(pages.map((isFirst) => both[isFirst ? 0 : 1].reserve(wish)));
        for (const page of both) {
          await page.reload();
          assert.equal(page.balance('USD').reservedMicros, 320_000n * BigInt(pages.length));
        }
        const read = await verifyCredit(await startOf(PHONE.key, NODE_SUITE), store.entries, by);
        assert.ok(read.ok);
        assert.deepEqual(read.value, both[0].head);
      }),
      { numRuns: 15 },
    );
  });
});
