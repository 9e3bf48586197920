import { createPublicKey } from 'node:crypto';
import { formatCin, parseCin, unwrap } from '@roamgrid/domain';
import { kitError } from '@roamgrid/service-kit';
import { canonicalJson, type PublicJwk } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { revokeProfiles } from './revocations.ts';

/** Keys of drivers' own devices: bound to a CIN, they go into all that home signs for it. */

/** A CIN as its holder sees it. */
export interface OwnCin {
  readonly cinRef: string;
  /** As printed on the card. */
  readonly printed: string;
  readonly state: 'active' | 'blocked' | 'lost';
  readonly deviceKey?: PublicJwk;
}

/** The CINs of the customer with this OpenID subject. */
export const cinsOf = async (db: Db, sub: string): Promise<OwnCin[]> => {
  const rows = await db
    .selectFrom('cin')
    .innerJoin('customer', 'customer.customer_id', 'cin.customer_id')
    .select(['cin_ref', 'cin', 'cin.state', 'device_key'])
    .where('customer.sub', '=', sub)
    .orderBy('issued_at_ms')
    .orderBy('cin_ref')
    .execute();
  return rows.map((row) => ({
    cinRef: row.cin_ref,
    printed: formatCin(unwrap(parseCin(row.cin))),
    state: row.state,
    ...(row.device_key === null ? {} : { deviceKey: row.device_key }),
  }));
};

/** The customer's own CIN, locked. Somebody else's is as unknown as one that is not there. */
const lockOwn = async (trx: Trx, sub: string, cinRef: string) => {
  const row = await trx
    .selectFrom('cin')
    .innerJoin('customer', 'customer.customer_id', 'cin.customer_id')
    .select(['cin.state', 'device_key'])
    .where('cin_ref', '=', cinRef)
    .where('customer.sub', '=', sub)
    .where('customer.state', '=', 'active')
    .forUpdate('cin')
    .executeTakeFirst();
  if (row === undefined) throw aaaError('CIN_NOT_FOUND', 'no CIN of this customer has this reference');
  return row;
};

/** Digits that are no point of the curve would verify nothing, ever. */
const requirePoint = ({ kty, crv, x, y }: PublicJwk): void => {
  try {
    createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  } catch (cause) {
    throw kitError('INVALID_REQUEST', 'the key is no point of P-256', { cause });
  }
};

/**
 * Binds the key of the driver's own device to a CIN, in the place of the one before; null unbinds it. Profiles that were
 * signed with the old key, or without one, are revoked. The same again changes nothing.
 */
export const bindDevice = (
  db: Db,
  of: { readonly sub: string; readonly cinRef: string },
  key: PublicJwk | null,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const { state, device_key: before } = await lockOwn(trx, of.sub, of.cinRef);
    if (canonicalJson(before) === canonicalJson(key)) return;
    if (key !== null) requirePoint(key);
    if (key !== null && state !== 'active') throw aaaError('CIN_NOT_ACTIVE', `the card is ${state}`);
    await trx
      .updateTable('cin')
      .set({ device_key: key === null ? null : JSON.stringify(key) })
      .where('cin_ref', '=', of.cinRef)
      .execute();
    await revokeProfiles(trx, { cinRef: of.cinRef }, nowMs);
  });

/** Sets above which cap the driver's own device must consent; undefined for none. Profiles without it are revoked. */
export const setDriverConsent = (
  db: Db,
  customerId: string,
  aboveMicros: bigint | undefined,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const customer = await trx
      .selectFrom('customer')
      .select('driver_consent_above_micros')
      .where('customer_id', '=', customerId)
      .where('state', '=', 'active')
      .forUpdate()
      .executeTakeFirst();
    if (customer === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no active customer has this id');
    const wanted = aboveMicros ?? null;
    if (customer.driver_consent_above_micros === wanted) return;
    await trx
      .updateTable('customer')
      .set({ driver_consent_above_micros: wanted })
      .where('customer_id', '=', customerId)
      .execute();
    await revokeProfiles(trx, { customerId }, nowMs);
  });
