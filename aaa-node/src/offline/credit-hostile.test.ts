import assert from 'node:assert/strict';
import { hexOf } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { signCreditEntry, signCreditHead } from '@roamgrid/offline/testing';
import { beginCredit, started } from '../testing/credit-session.ts';
import { DECK, MemoryEntries, startCredit } from '../testing/credit.ts';

describe('home and phones that mean harm', function () {
  this.timeout(60_000);
  let credit: Awaited<ReturnType<typeof startCredit>>;
  before(async () => {
    credit = await startCredit();
  });
  after(() => credit.close());

  /** A phone that was copied: home found out, and took its key back. */
  const copied = async () => {
    const of = await beginCredit(credit);
    const copy = await of.phone.ledger(new MemoryEntries(of.store.entries));
    await started(of.ledger, of.token, DECK[0]);
    await started(copy, of.token, DECK[1]);
    await of.sync();
    await assert.rejects(of.sync(copy), /OFFLINE_PHONE_COPIED: forked/);
    return of;
  };

  it('take no key again that was taken back as copied, under whichever id, of whichever customer', async () => {
    const { phone } = await copied();
    await assert.rejects(credit.newPhone(phone.keys, phone.phoneId), /OFFLINE_PHONE_REVOKED/);
    // Another key under the id makes nobody forget the first.
    const next = await credit.newPhone(undefined, phone.phoneId);
    await next.home.standing();
    const other = await credit.newCustomer();
    for (const again of [
      () => credit.newPhone(phone.keys, phone.phoneId),
      () => credit.newPhone(phone.keys),
      () => other.newPhone(phone.keys),
    ])
      await assert.rejects(again(), /OFFLINE_PHONE_REVOKED: this key was taken back: two phones had it/);
    // What was refused changed nothing.
    await next.home.standing();
  });

  it('take no key that told of its credit before as another phone’s, nor as the same phone’s once another came in its place', async () => {
    const { phone } = await beginCredit(credit);
    const other = await credit.newCustomer();
    await assert.rejects(other.newPhone(phone.keys), /OFFLINE_KEY_TAKEN/);
    await credit.newPhone(undefined, phone.phoneId);
    await assert.rejects(other.newPhone(phone.keys), /OFFLINE_KEY_TAKEN: another phone had this key/);
    await assert.rejects(credit.newPhone(phone.keys), /OFFLINE_KEY_TAKEN: another phone had this key/);
    await assert.rejects(
      credit.newPhone(phone.keys, phone.phoneId),
      /OFFLINE_PHONE_REVOKED: another key came in this one’s place/,
    );
  });

  it('open a ledger to the phone alone that began it', async () => {
    const { phone, sync } = await beginCredit(credit);
    const other = await credit.newCustomer();
    const ledger = credit.store.db.updateTable('credit_ledger').where('key_point', '=', phone.keyPoint);
    const [own] = await credit.store.db
      .selectFrom('credit_ledger')
      .select(['customer_id', 'phone_id'])
      .where('key_point', '=', phone.keyPoint)
      .execute();
    assert.ok(own);
    for (const of of [{ customer_id: other.customerId }, { phone_id: 'another' }]) {
      await ledger.set(of).execute();
      await assert.rejects(sync(), /OFFLINE_KEY_TAKEN: the ledger of this key is another phone’s/);
      await ledger.set(own).execute();
    }
    await sync();
  });

  /** What a phone writes and tells, as it could if it were not ours: a grant of a token. */
  const inventing = async () => {
    const of = await beginCredit(credit);
    const { phone, ledger, store } = of;
    const told = async (expiresS: number) => {
      const tokenId = hexOf(NODE_SUITE.random(16));
      const { seq, hash } = ledger.head;
      const micros = 9_000_000_000_000n;
      const movement = { kind: 'grant', tokenId, currency: 'USD', micros, lowMicros: 0n, expiresS } as const;
      const transfers = [{ tokenId, from: 'home', to: 'available', micros }] as const;
      const entry = { seq: seq + 1, before: hash, atS: 0, nonce: NODE_SUITE.random(8), movement, transfers };
      await store.add(seq + 1, await signCreditEntry(entry, phone.keys.signer));
      const { challenge } = await phone.home.standing();
      return phone.home.tell({ head: await ledger.state(challenge), entries: ledger.since(seq) });
    };
    return { ...of, told };
  };

  it('take no grant of a token that home never gave, unless it was over so long ago that home forgot it', async () => {
    const nowS = Math.floor(Date.now() / 1_000);
    const forgotten = await inventing();
    const { seq } = await forgotten.told(nowS - 90 * 86_400 - 60);
    assert.equal(seq, forgotten.ledger.head.seq);
    for (const expiresS of [nowS - 90 * 86_400 + 60, nowS, 9_999_999_999]) {
      const { told } = await inventing();
      await assert.rejects(
        told(expiresS),
        /OFFLINE_CREDIT_INVALID: broken: entry 2: home gave no token of this id/,
      );
    }
  });

  it('ask anew after each refusal, so that nothing that was refused is looked at again', async () => {
    const { phone, ledger, sync } = await beginCredit(credit);
    const { hash } = ledger.head;
    const refused: readonly [(asked: Uint8Array) => Promise<Uint8Array>, readonly Uint8Array[], RegExp][] = [
      [(asked) => ledger.state(asked), [new Uint8Array(9)], /INVALID: CREDIT_MALFORMED/],
      [() => Promise.resolve(new Uint8Array(9)), [], /INVALID: CREDIT_MALFORMED/],
      [
        (asked) => signCreditHead({ challenge: asked, seq: 10_001, hash }, phone.keys.signer),
        [],
        /OFFLINE_CREDIT_FULL: a ledger/,
      ],
    ];
    for (const [headOf, entries, why] of refused) {
      const { challenge } = await phone.home.standing();
      await assert.rejects(phone.home.tell({ head: await headOf(challenge), entries }), why);
      const again = { head: await ledger.state(challenge), entries: [] };
      await assert.rejects(phone.home.tell(again), /OFFLINE_CREDIT_STALE/);
    }
    await sync();
  });

  it('keep 20 ledgers of a customer in 90 days, and of what is found the head and the entry that shows it', async () => {
    const { newPhone } = await credit.newCustomer();
    const phone = await newPhone();
    const first = await phone.ledger(new MemoryEntries());
    await first.grant((await phone.newToken()).bytes, 1n);
    const junk = { kind: 'ack', ack: NODE_SUITE.random(15_000) } as const;
    const { seq, hash } = first.head;
    const entry = { before: hash, atS: 0, nonce: NODE_SUITE.random(8), movement: junk, transfers: [] };
    const broken = await signCreditEntry({ seq: seq + 1, ...entry }, phone.keys.signer);
    const { challenge } = await phone.home.standing();
    const head = await first.state(challenge);
    await assert.rejects(
      phone.home.tell({ head, entries: [...first.since(0), broken, broken, broken] }),
      /OFFLINE_CREDIT_INVALID: broken/,
    );
    const faults = await credit.store.db
      .selectFrom('credit_fault')
      .select('evidence')
      .where('key_point', '=', phone.keyPoint)
      .execute();
    const text = (some: Uint8Array) => Buffer.from(some).toString('base64url');
    assert.deepEqual(faults, [{ evidence: { head: text(head), entries: [text(broken)] } }]);
    for (let more = 1; more < 20; more += 1) await (await newPhone(undefined, 'one')).home.standing();
    const last = await newPhone(undefined, 'one');
    await assert.rejects(last.home.standing(), /OFFLINE_CREDIT_FULL: your phones had 20 keys in 90 days/);
    await phone.home.standing();
  });
});
