import assert from 'node:assert/strict';
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
});
