import { codeOfService, makeCin, type Cin, type CinService } from '@roamgrid/domain';
import type { paymentMethod } from '@roamgrid/wire';
import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { kitError } from '@roamgrid/service-kit';
import { revokeTokens } from '../offline/revoke.ts';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { newId } from '../store/ids.ts';
import { isTaken } from '../store/taken.ts';
import type { CustomerClass, Loyalty, Whitelist } from '../store/schema.ts';
import { hashPassword } from './password.ts';
import { offeredPaymentMethod } from './payment-methods.ts';
import { cinRefOf, newPseudonymKey } from './pseudonym.ts';
import { revokeProfiles } from './revocations.ts';

export interface NewCustomer {
  readonly person: {
    readonly name: string;
    readonly email: string;
    readonly login: string;
    readonly password: string;
    /** ISO 639-1. */
    readonly language?: string;
  };
  readonly customerClass: CustomerClass;
  readonly loyalty: Loyalty;
  readonly whitelist: Whitelist;
  readonly account: {
    readonly paymentMethod: z.infer<typeof paymentMethod>;
    readonly currency: string;
    readonly creditLimitMicros: bigint;
  };
}

export interface CreatedCustomer {
  readonly customerId: string;
  readonly sub: string;
  readonly accountId: string;
}

/**
 * Opens a customer with one account. A prepaid account has no credit; one that pays by token has what it puts in escrow,
 * which is nothing yet.
 */
export const createCustomer = async (
  db: Db,
  request: NewCustomer,
  nowMs: number,
  hasChain: boolean,
): Promise<CreatedCustomer> => {
  const method = offeredPaymentMethod(request.account.paymentMethod, hasChain);
  const passwordHash = await hashPassword(request.person.password);
  const created = { customerId: newId('cust'), sub: newId('sub'), accountId: newId('acct') };
  try {
    await db.transaction().execute(async (trx) => {
      await trx
        .insertInto('customer')
        .values({
          customer_id: created.customerId,
          sub: created.sub,
          customer_class: request.customerClass,
          loyalty: request.loyalty,
          whitelist: request.whitelist,
          state: 'active',
          pseudonym_key: newPseudonymKey(),
          driver_consent_above_micros: null,
          created_at_ms: nowMs,
        })
        .execute();
      await trx
        .insertInto('person')
        .values({
          customer_id: created.customerId,
          name: request.person.name,
          email: request.person.email,
          login: request.person.login.toLowerCase(),
          language: request.person.language ?? null,
          password_hash: passwordHash,
        })
        .execute();
      await trx
        .insertInto('account')
        .values({
          account_id: created.accountId,
          customer_id: created.customerId,
          payment_method: method,
          currency: request.account.currency,
          credit_limit_micros: method === 'postpaid' ? request.account.creditLimitMicros : 0n,
          balance_micros: 0n,
        })
        .execute();
    });
  } catch (thrown) {
    if (isTaken(thrown)) throw aaaError('LOGIN_TAKEN', 'another customer has this login');
    throw thrown;
  }
  return created;
};

/** Customer numbers are drawn, not counted, so that one CIN tells nothing about the next. */
const drawCustomerNumber = (): string =>
  Array.from({ length: 7 }, () => 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'.charAt(randomInt(34))).join('');

export interface NewCin {
  readonly services: readonly CinService[];
  /** Visited utilities where it holds; null for all. */
  readonly partners: readonly string[] | null;
  readonly validUntilMs: number | null;
  /** Seven letters and digits; drawn when absent. */
  readonly customerNumber?: string;
}

/** Issues a further CIN to a customer, under a contract that says what it may be used for. */
export const issueCin = async (
  db: Db,
  utilityId: string,
  customerId: string,
  request: NewCin,
  nowMs: number,
): Promise<{ readonly cin: Cin; readonly cinRef: string }> => {
  const customer = await db
    .selectFrom('customer')
    .select('pseudonym_key')
    .where('customer_id', '=', customerId)
    .where('state', '=', 'active')
    .executeTakeFirst();
  if (customer === undefined || customer.pseudonym_key === null)
    throw aaaError('CUSTOMER_NOT_FOUND', 'no active customer has this id');
  const made = makeCin({
    country: utilityId.slice(0, 2),
    party: utilityId.slice(2),
    // The first is what the card is for; the contract says what else.
    service: codeOfService(request.services[0] ?? 'charging'),
    customer: request.customerNumber ?? drawCustomerNumber(),
  });
  if (!made.ok) throw kitError('INVALID_REQUEST', made.error.message);
  const cinRef = cinRefOf(customer.pseudonym_key, made.value);
  const contractId = newId('ctr');
  const write = async (trx: Trx): Promise<void> => {
    await trx
      .insertInto('contract')
      .values({
        contract_id: contractId,
        customer_id: customerId,
        services: JSON.stringify(request.services),
        partners: request.partners === null ? null : JSON.stringify(request.partners),
        valid_from_ms: nowMs,
        valid_until_ms: request.validUntilMs,
      })
      .execute();
    await trx
      .insertInto('cin')
      .values({
        cin_ref: cinRef,
        cin: made.value,
        contract_id: contractId,
        customer_id: customerId,
        state: 'active',
        issued_at_ms: nowMs,
        state_at_ms: nowMs,
        device_key: null,
      })
      .execute();
  };
  try {
    await db.transaction().execute(write);
  } catch (thrown) {
    if (isTaken(thrown)) throw aaaError('CIN_TAKEN', 'this customer number is in use: give another or none');
    throw thrown;
  }
  return { cin: made.value, cinRef };
};

/** Blocks or unblocks a CIN; blocking revokes what visited utilities hold for it, in the same transaction. */
export const setCinState = async (
  db: Db,
  cin: string,
  state: 'active' | 'blocked' | 'lost',
  nowMs: number,
): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('cin')
      .set({ state, state_at_ms: nowMs })
      .where('cin', '=', cin)
      .returning('cin_ref')
      .executeTakeFirst();
    if (row === undefined) throw aaaError('CIN_NOT_FOUND', 'no customer of this utility has this CIN');
    if (state === 'active') return;
    await revokeProfiles(trx, { cinRef: row.cin_ref }, nowMs);
    await revokeTokens(trx, { cinRef: row.cin_ref });
  });
};

/** Changes what the rules see of a customer; profiles signed on the old footing are revoked. */
export const setLoyalty = async (
  db: Db,
  customerId: string,
  loyalty: Loyalty,
  nowMs: number,
): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('customer')
      .set({ loyalty })
      .where('customer_id', '=', customerId)
      .where('state', '=', 'active')
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw aaaError('CUSTOMER_NOT_FOUND', 'no active customer has this id');
    await revokeProfiles(trx, { customerId }, nowMs);
  });
};

/**
 * In which stations are to speak to the customer; without one they choose. Stations hear of it with the next profile, so
 * those of before are revoked.
 */
export const setLanguage = (
  db: Db,
  customerId: string,
  language: string | undefined,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('person')
      .set({ language: language ?? null })
      .where('customer_id', '=', customerId)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw aaaError('CUSTOMER_NOT_FOUND', 'no active customer has this id');
    await revokeProfiles(trx, { customerId }, nowMs);
  });

const cards = (db: Db | Trx) =>
  db
    .selectFrom('cin')
    .innerJoin('customer', 'customer.customer_id', 'cin.customer_id')
    .innerJoin('contract', 'contract.contract_id', 'cin.contract_id')
    .select([
      'customer.customer_id as customerId',
      'customer.sub',
      'customer.customer_class as customerClass',
      'customer.loyalty',
      'customer.whitelist',
      'customer.state as customerState',
      'customer.driver_consent_above_micros as driverConsentAboveMicros',
      'cin.cin',
      'cin.cin_ref as cinRef',
      'cin.state as cinState',
      'cin.device_key as deviceKey',
      'contract.services',
      'contract.partners',
      'contract.valid_from_ms as validFromMs',
      'contract.valid_until_ms as validUntilMs',
    ]);

const byCin = (db: Db | Trx, cin: string) => cards(db).where('cin.cin', '=', cin);

/** A customer's own card, held as it is until the transaction ends. */
export const lockOwnCard = (trx: Trx, sub: string, cinRef: string) =>
  cards(trx)
    .where('cin.cin_ref', '=', cinRef)
    .where('customer.sub', '=', sub)
    .forShare(['cin', 'customer'])
    .executeTakeFirst();

/** A customer as the authorisation sees it, by the CIN that was swiped. */
export const findByCin = async (db: Db, cin: string) => byCin(db, cin).executeTakeFirst();

/**
 * The same, held as it is until the transaction ends: a card that is reported lost meanwhile waits, and then revokes
 * what was signed for it, too.
 */
export const lockByCin = async (trx: Trx, cin: string) =>
  byCin(trx, cin).forShare(['cin', 'customer']).executeTakeFirst();

export type SwipedCustomer = NonNullable<Awaited<ReturnType<typeof findByCin>>>;
