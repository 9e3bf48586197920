import { createPublicKey } from 'node:crypto';
import { kitError } from '@roamgrid/service-kit';
import { canonicalJson, type OfflinePhone, type PublicJwk } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { isTaken } from '../store/taken.ts';
import { faultsOf } from './credit-faults.ts';
import { revokeTokens, takeBackPhone } from './revoke.ts';

/** Phones of a customer whose keys may hold tokens. The key's other half never leaves the phone. */

/** The customer who is signed in, held as he is until the transaction ends. */
export const lockCustomer = async (trx: Trx, sub: string): Promise<string> => {
  const row = await trx
    .selectFrom('customer')
    .select('customer_id')
    .where('sub', '=', sub)
    .where('state', '=', 'active')
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no active customer has this subject');
  return row.customer_id;
};

const requirePoint = ({ kty, crv, x, y }: PublicJwk): void => {
  try {
    createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  } catch (cause) {
    throw kitError('INVALID_REQUEST', 'the key is no point of P-256', { cause });
  }
};

export const phonesOf = async (db: Db, sub: string): Promise<OfflinePhone[]> => {
  const rows = await db
    .selectFrom('offline_phone')
    .innerJoin('customer', 'customer.customer_id', 'offline_phone.customer_id')
    .select(['phone_id', 'label', 'offline_phone.state', 'registered_at_ms', 'revoked_at_ms', 'key_point'])
    .where('customer.sub', '=', sub)
    .orderBy('registered_at_ms')
    .orderBy('phone_id')
    .execute();
  const faults = await faultsOf(
    db,
    rows.map((row) => row.key_point),
  );
  return rows.map((row) => ({
    phoneId: row.phone_id,
    label: row.label,
    state: row.state,
    registeredAtMs: row.registered_at_ms,
    ...(row.revoked_at_ms !== null && { revokedAtMs: row.revoked_at_ms }),
    ...faults.get(row.key_point),
  }));
};

/** A phone of the customer's, whatever its state. */
export const phoneOf = (trx: Trx, customerId: string, phoneId: string) =>
  trx
    .selectFrom('offline_phone')
    .select(['key', 'state'])
    .where('customer_id', '=', customerId)
    .where('phone_id', '=', phoneId)
    .executeTakeFirst();

const requireRoom = async (trx: Trx, customerId: string, phoneId: string, most: number): Promise<void> => {
  const others = await trx
    .selectFrom('offline_phone')
    .select('phone_id')
    .where('customer_id', '=', customerId)
    .where('state', '=', 'active')
    .where('phone_id', '<>', phoneId)
    .execute();
  if (others.length >= most)
    throw aaaError('OFFLINE_PHONES_FULL', `${others.length} phones are registered, as many as may be`);
};

/**
 * A key that told of its credit before, and is not the phone's now, is a copy of it: whoever it was taken from, in whichever customer's name it comes again. What was found in it stays
 * known as long as its ledger.
 * @throws ServiceError OFFLINE_PHONE_REVOKED, OFFLINE_KEY_TAKEN
 */
const requireNewKey = async (
  trx: Trx,
  of: { readonly customerId: string; readonly phoneId: string; readonly keyPoint: string },
): Promise<void> => {
  const ledger = await trx
    .selectFrom('credit_ledger')
    .select(['customer_id', 'phone_id'])
    .where('key_point', '=', of.keyPoint)
    .executeTakeFirst();
  if (ledger === undefined) return;
  const found = await trx
    .selectFrom('credit_fault')
    .select('kind')
    .where('key_point', '=', of.keyPoint)
    .where('kind', '<>', 'broken')
    .executeTakeFirst();
  if (found !== undefined)
    throw aaaError(
      'OFFLINE_PHONE_REVOKED',
      'this key was taken back: two phones had it, or one was set back',
    );
  if (ledger.customer_id !== of.customerId || ledger.phone_id !== of.phoneId)
    throw aaaError('OFFLINE_KEY_TAKEN', 'another phone had this key');
  throw aaaError('OFFLINE_PHONE_REVOKED', 'another key came in this one’s place');
};

const unknownPhone = () => aaaError('OFFLINE_PHONE_UNKNOWN', 'no phone of yours has this id');

interface NewPhone {
  readonly phoneId: string;
  readonly label: string;
  readonly key: PublicJwk;
}

/**
 * Registers a phone's key, in the place of the one before under the same id: that one's tokens are taken back, as nobody holds its key any more. A key
 * that is registered stays as it is, and is called what it was.
 * @throws ServiceError OFFLINE_PHONES_FULL, OFFLINE_PHONE_REVOKED, OFFLINE_KEY_TAKEN
 */
export const registerPhone = (
  db: Db,
  sub: string,
  { phoneId, label, key }: NewPhone,
  most: number,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    requirePoint(key);
    const customerId = await lockCustomer(trx, sub);
    const before = await phoneOf(trx, customerId, phoneId);
    const isSame = before !== undefined && canonicalJson(before.key) === canonicalJson(key);
    if (isSame && before.state === 'revoked')
      throw aaaError('OFFLINE_PHONE_REVOKED', 'this key was taken back');
    if (isSame) return;
    await requireRoom(trx, customerId, phoneId, most);
    await revokeTokens(trx, { customerId, phoneId });
    const keyPoint = `${key.x}.${key.y}`;
    const row = {
      label,
      key: JSON.stringify(key),
      key_point: keyPoint,
      state: 'active' as const,
      registered_at_ms: nowMs,
      revoked_at_ms: null,
    };
    try {
      await trx
        .insertInto('offline_phone')
        .values({ customer_id: customerId, phone_id: phoneId, ...row })
        .onConflict((conflict) => conflict.columns(['customer_id', 'phone_id']).doUpdateSet(row))
        .execute();
    } catch (thrown) {
      if (isTaken(thrown)) throw aaaError('OFFLINE_KEY_TAKEN', 'another phone has this key');
      throw thrown;
    }
    // Once nobody else can begin a ledger of it.
    await requireNewKey(trx, { customerId, phoneId, keyPoint });
  });

/** How the customer calls a phone of his from now on. @throws ServiceError OFFLINE_PHONE_UNKNOWN */
export const namePhone = (db: Db, sub: string, phoneId: string, label: string): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const customerId = await lockCustomer(trx, sub);
    const { numUpdatedRows } = await trx
      .updateTable('offline_phone')
      .set({ label })
      .where('customer_id', '=', customerId)
      .where('phone_id', '=', phoneId)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw unknownPhone();
  });

/** A phone was lost, or is no longer used. The same again changes nothing. */
export const revokePhone = (db: Db, sub: string, phoneId: string, nowMs: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const customerId = await lockCustomer(trx, sub);
    const found = await phoneOf(trx, customerId, phoneId);
    if (found === undefined) throw unknownPhone();
    if (found.state === 'active') await takeBackPhone(trx, customerId, phoneId, nowMs);
  });
