import assert from 'node:assert/strict';
import { signCreditAck, syncCredit, type CreditLedger } from '@roamgrid/offline';
import { phoneCreditFaults } from '@roamgrid/wire';
import { signCreditEntry, signCreditHead } from '@roamgrid/offline/testing';
import { pruneStore } from '../store/prune.ts';
import { beginCredit, charged, COST, LOW, started } from '../testing/credit-session.ts';
import { DECK, MemoryEntries, startCredit, type GivenToken } from '../testing/credit.ts';

describe('home and the credit of phones', function () {
  this.timeout(60_000);
  let credit: Awaited<ReturnType<typeof startCredit>>;
  before(async () => {
    credit = await startCredit();
  });
  after(() => credit.close());

  const begun = (given?: GivenToken) => beginCredit(credit, given);
  type Phone = Awaited<ReturnType<typeof begun>>['phone'];
  const left = (ledger: CreditLedger) => {
    const { availableMicros, reservedMicros, spentMicros } = ledger.balance('USD');
    return [availableMicros, reservedMicros, spentMicros];
  };

  it('come to the same, and to the bill, whichever of record, phone and reload is first', async () => {
    for (const order of ['phone record reload', 'record phone reload', 'reload record phone']) {
      const { phone, ledger, token, sync } = await begun();
      await charged(ledger, token, 1);
      await charged(ledger, token, 2);
      for (const what of order.split(' ')) {
        if (what === 'phone') await sync();
        if (what === 'reload')
          await ledger.grant((await phone.newToken({ costMicros: 10_000_000n })).bytes, LOW);
        if (what === 'record') for (const number of [1, 2]) await phone.record(token.name, number);
      }
      for (const _ of [1, 2]) await sync();
      assert.deepEqual(left(ledger), [10_616_000n, 0n, 0n], order);
      assert.equal(ledger.tokens.get(token.name)?.balances.billed, 2n * COST);
      assert.equal(await phone.billed(), 2n * COST);
    }
  });

  it('hear from the record what the phone did not hear from the charger, and of a token that is used up that it is over', async () => {
    const { phone, ledger, token, sync } = await begun({ sessions: 1 });
    await started(ledger, token);
    await sync();
    assert.deepEqual(left(ledger), [2_808_000n, COST, 0n]);
    await phone.record(token.name, 1, COST - 7n);
    await sync();
    const { balances, isClosed } = ledger.tokens.get(token.name) ?? {};
    assert.deepEqual([balances?.billed, balances?.available, isClosed], [COST - 7n, 0n, true]);
    assert.deepEqual(left(ledger), [0n, 0n, 0n]);
  });

  it('hold what was told over a restart; an answer that was lost is asked for again', async () => {
    const { phone, ledger, token, sync } = await begun();
    await charged(ledger, token, 1);
    const lossy = {
      ...phone.home,
      tell: async (told: Parameters<typeof phone.home.tell>[0]) => {
        await phone.home.tell(told);
        throw new Error('the network went');
      },
    };
    await assert.rejects(syncCredit(ledger, lossy, credit.believing), /the network went/);
    await credit.world.restart();
    assert.equal((await phone.home.standing()).seq, ledger.head.seq);
    await sync();
    await sync();
    assert.equal((await phone.home.standing()).seq, ledger.head.seq);
    assert.deepEqual(left(ledger), [2_808_000n, 0n, COST]);
  });

  it('know a word that comes late from one of now: it says nothing', async () => {
    const { phone, ledger, token, sync } = await begun();
    const { challenge } = await phone.home.standing();
    const late = { head: await ledger.state(challenge), entries: [] };
    await charged(ledger, token, 1);
    await sync();
    await assert.rejects(phone.home.tell(late), /OFFLINE_CREDIT_STALE/);
    await sync();
  });

  const phones = async ({ phone }: { phone: Phone }) =>
    (
      await phone.call<{
        phones: { phoneId: string; state: string; fault?: { kind: string; exposure: unknown } }[];
      }>('GET', '/driver/v1/offline/phones')
    ).phones.filter(({ phoneId }) => phoneId === phone.phoneId);
  const tokensOf = async ({ phone }: { phone: Phone }) =>
    (
      await credit.store.db
        .selectFrom('offline_token')
        .select('state')
        .where('phone_id', '=', phone.phoneId)
        .execute()
    ).map(({ state }) => state);
  const faults = async ({ phone }: { phone: Phone }) => {
    const told = await credit.world.ask('operator', 'GET', '/operator/v1/offline/credit-faults');
    const all = (told.body as unknown as { faults: { phoneId: string; kind: string; exposure: unknown }[] })
      .faults;
    return all.filter(({ phoneId }) => phoneId === phone.phoneId);
  };

  /** What is found is told to the driver and the operator; the key and its tokens are taken back. */
  const isFound = async (of: Awaited<ReturnType<typeof begun>>, kind: string, exposure: object) => {
    const { home } = of.phone;
    await assert.rejects(home.standing(), /OFFLINE_PHONE_REVOKED/);
    const [shown] = await phones(of);
    assert.deepEqual([shown?.state, shown?.fault?.kind], ['revoked', kind]);
    assert.deepEqual(shown?.fault?.exposure, [exposure]);
    const [told, ...more] = await faults(of);
    assert.deepEqual([told?.kind, told?.exposure, more], [kind, [exposure], []]);
    for (const state of await tokensOf(of)) assert.notEqual(state, 'open');
  };
  const USD = (atHomeMicros: bigint, atChargersMicros = atHomeMicros) => ({
    ...{
      currency: 'USD',
      atHomeMicros: atHomeMicros.toString(),
      atChargersMicros: atChargersMicros.toString(),
    },
  });

  it('find a phone that was copied when the second of both tells what it did; what both did is billed once', async () => {
    const of = await begun({ outlets: 3 });
    const { phone, ledger, token, store, sync } = of;
    const copy = await phone.ledger(new MemoryEntries(store.entries));
    await charged(ledger, token, 1, DECK[0]);
    await charged(copy, token, 1, DECK[1]);
    await sync();
    await phone.record(token.name, 1, COST, DECK[0]);
    await assert.rejects(sync(copy), /OFFLINE_PHONE_COPIED: forked/);
    await isFound(of, 'forked', USD(5_000_000n - COST, 15_000_000n - COST));
    await phone.record(token.name, 1, COST, DECK[1]);
    assert.equal(await phone.billed(), 2n * COST);
  });

  it('find a copy that writes nothing new, and one that was set back', async () => {
    for (const isSetBack of [false, true]) {
      const of = await begun();
      const { phone, ledger, token, store, sync } = of;
      const before = [...store.entries];
      await charged(ledger, token, 1);
      await sync();
      const other = await phone.ledger(new MemoryEntries(before));
      if (!isSetBack) for (const number of [1, 2]) await charged(other, token, number, DECK[1]);
      await assert.rejects(sync(other), isSetBack ? /COPIED: rolled-back/ : /COPIED: forked/);
      await isFound(of, isSetBack ? 'rolled-back' : 'forked', USD(5_000_000n));
      await assert.rejects(sync(), /OFFLINE_PHONE_REVOKED/);
    }
  });

  it('are told to operators page by page, the latest first, each once', async () => {
    const found: string[] = [];
    const { newPhone } = await credit.newCustomer();
    for (let copies = 0; copies < 3; copies += 1) {
      const of = await beginCredit(credit, {}, newPhone);
      const copy = await of.phone.ledger(new MemoryEntries(of.store.entries));
      for (const each of [of.ledger, copy]) await charged(each, of.token, 1);
      await of.sync();
      await assert.rejects(of.sync(copy), /COPIED/);
      found.unshift(of.phone.phoneId);
    }
    const page = async (query: string) => {
      const path = `/operator/v1/offline/credit-faults?limit=2${query}`;
      const { body } = await credit.world.ask('operator', 'GET', path);
      return phoneCreditFaults.parse(body);
    };
    const first = await page('');
    const second = await page(`&before=${first.cursor ?? assert.fail('there are more')}`);
    const listed = [...first.faults, ...second.faults].map(({ phoneId }) => phoneId);
    assert.deepEqual(listed.slice(0, 3), found);
    const { cursor } = await page(`&before=1`);
    assert.equal(cursor, undefined);
  });

  it('find a copy that never tells by the record of a session that the phone did not ask for', async () => {
    const of = await begun();
    const { phone, ledger, token, sync } = of;
    await charged(ledger, token, 1);
    await phone.record(token.name, 1);
    await sync();
    await phone.record(token.name, 2);
    // It was challenged before the record was there, so it may have asked meanwhile; then home speaks of the session, and it answers that.
    await assert.rejects(sync(), /OFFLINE_PHONE_COPIED: unsaid: 2 sessions/);
    await isFound(of, 'unsaid', USD(5_000_000n - 2n * COST));
    assert.equal(await phone.billed(), 2n * COST);
  });

  it('take nothing that breaks a rule, is another’s, or more than fits', async () => {
    const { phone, ledger, token, store, sync } = await begun();
    const stranger = await begun();
    const alien = await stranger.phone.newToken();
    const told = async (entries: readonly Uint8Array[], of = ledger) => {
      const { challenge } = await phone.home.standing();
      return phone.home.tell({ head: await of.state(challenge), entries });
    };
    await charged(ledger, token, 1);
    await assert.rejects(told([stranger.store.entries[0] ?? new Uint8Array()]), /INVALID: CREDIT_FORGED/);
    await assert.rejects(told([new Uint8Array(9)]), /INVALID: CREDIT_MALFORMED/);
    await assert.rejects(told(store.entries.slice(2)), /INVALID: CREDIT_GAP/);
    await assert.rejects(told([], stranger.ledger), /INVALID: CREDIT_FORGED/);
    await assert.rejects(told(Array.from({ length: 101 }, () => new Uint8Array(1))), /INVALID_REQUEST/);
    const standing = await phone.home.standing();
    assert.equal(standing.seq, 1);
    const far = { challenge: standing.challenge, seq: 10_001, hash: ledger.head.hash };
    await assert.rejects(
      phone.home.tell({ head: await signCreditHead(far, phone.keys.signer), entries: [] }),
      /OFFLINE_CREDIT_FULL: a ledger/,
    );
    await sync();
    // A token that home gave to another phone, as if it were this one's.

    const movement = {
      ...{ kind: 'grant' as const, tokenId: alien.name, currency: 'USD', micros: 5_000_000n, lowMicros: 0n },
      expiresS: alien.token.expiresS,
    } as const;
    const { seq, hash } = ledger.head;
    const moved = { tokenId: alien.name, from: 'home', to: 'available', micros: 5_000_000n } as const;
    const entry = {
      seq: seq + 1,
      before: hash,
      atS: 0,
      nonce: new Uint8Array(8),
      movement,
      transfers: [moved],
    };
    await store.add(seq + 1, await signCreditEntry(entry, phone.keys.signer));
    await assert.rejects(sync(), /OFFLINE_CREDIT_INVALID: broken/);
    const [shown] = await phones({ phone });
    assert.deepEqual([shown?.state, shown?.fault?.kind], ['active', 'broken']);
  });

  it('tell two pages of one phone, whatever they do at once, from two phones', async () => {
    const { phone, store, ledger, token } = await begun({ costMicros: 90_000_000n });
    const pages = [ledger, await phone.ledger(store), await phone.ledger(store)];
    let numbers = 0;
    const syncing = async (page: CreditLedger): Promise<void> => {
      try {
        await syncCredit(page, phone.home, credit.believing);
      } catch (thrown) {
        if (!/OFFLINE_CREDIT_STALE/.test(String(thrown))) throw thrown;
        await syncing(page);
      }
    };
    await Promise.all(
      pages.map(async (page) => {
        for (let round = 0; round < 3; round += 1) {
          const number = (numbers += 1);
          await charged(page, token, number);
          await Promise.all([syncing(page), phone.record(token.name, number)]);
        }
      }),
    );
    await syncing(ledger);
    await syncing(ledger);
    const [shown] = await phones({ phone });
    assert.deepEqual([shown?.state, shown?.fault], ['active', undefined]);
    assert.equal((await phone.home.standing()).seq, ledger.head.seq);
    assert.equal(ledger.tokens.get(token.name)?.balances.billed, 9n * COST);
  });

  it('take no word of home’s that home did not say', async () => {
    const { phone, ledger, store, sync } = await begun();
    const { seq, hash } = ledger.head;
    const said = { home: 'USALP', number: 9, atS: 1, seq, head: hash, sessions: [], closed: [] };
    const movement = { kind: 'ack', ack: await signCreditAck(said, phone.keys.signer) } as const;
    const entry = { seq: seq + 1, before: hash, atS: 0, nonce: new Uint8Array(8), movement, transfers: [] };
    await store.add(seq + 1, await signCreditEntry(entry, phone.keys.signer));
    await assert.rejects(sync(), /OFFLINE_CREDIT_INVALID: broken/);
  });

  it('take no more when all phones of a customer have told as much as they may', async () => {
    const { phone, sync } = await begun();
    const all = credit.store.db.updateTable('credit_ledger').where('key_point', '=', phone.keyPoint);
    await all.set({ seq: 30_001 }).execute();
    await assert.rejects(begun(), /OFFLINE_CREDIT_FULL: all of your phones/);
    await all.set({ seq: 1 }).execute();
    await sync();
  });

  it('are asked for so often and no more, from one address', async () => {
    const { headers } = await fetch(`${credit.world.node.url}/driver/v1/offline/phones/mine/credit`);
    assert.match(headers.get('ratelimit-policy') ?? '', /q=600; w=60/);
  });

  it('keep what was told while its key is good, 90 days beyond, and 400 where something was found', async () => {
    const [kept, lost, copied] = [await begun(), await begun(), await begun()];
    await lost.phone.call('DELETE', lost.phone.path);
    const copy = await copied.phone.ledger(new MemoryEntries(copied.store.entries));
    for (const each of [copied.ledger, copy]) await charged(each, copied.token, 1);
    await copied.sync();
    await assert.rejects(copied.sync(copy), /COPIED/);
    const has = async (
      { phone }: { phone: Phone },
      table: 'credit_entry' | 'credit_fault' | 'credit_ledger',
    ) =>
      (
        await credit.store.db
          .selectFrom(table)
          .select('key_point')
          .where('key_point', '=', phone.keyPoint)
          .execute()
      ).length > 0;
    const left = async (days: number) => {
      for (const _ of [1, 2]) await pruneStore(credit.store.db, Date.now() + days * 86_400_000);
      const all = [kept, lost, copied];
      return Promise.all(
        all.map(async (each) => [await has(each, 'credit_entry'), await has(each, 'credit_ledger')]),
      );
    };
    const [yes, no] = [
      [true, true],
      [false, false],
    ];
    assert.deepEqual(await left(89), [yes, yes, yes]);
    assert.deepEqual(await left(91), [yes, no, yes]);
    assert.ok(await has(copied, 'credit_fault'));
    assert.deepEqual(await left(401), [yes, no, no]);
  });
});
