import { aaaError } from '../problems.ts';
import { hashPassword } from '../hcp/password.ts';
import type { Db } from '../store/database.ts';
import { newId } from '../store/ids.ts';
import { isTaken } from '../store/taken.ts';

/** Who owns charging stations of this utility and gets a share of each session there (ROAM-27). */

export interface NewProvider {
  /** As the registry's station records name it. */
  readonly providerId: string;
  readonly name: string;
  readonly login: string;
  readonly password: string;
}

/** Lets an infrastructure provider sign in. A company is no customer: it has no account, card or charging rule. */
export const createProvider = async (
  db: Db,
  request: NewProvider,
  nowMs: number,
): Promise<{ sub: string }> => {
  const login = request.login.toLowerCase();
  const passwordHash = await hashPassword(request.password);
  const sub = newId('prov');
  const customer = await db
    .selectFrom('person')
    .select('login')
    .where('login', '=', login)
    .executeTakeFirst();
  if (customer !== undefined) throw aaaError('LOGIN_TAKEN', 'a customer has this login');
  try {
    await db
      .insertInto('infrastructure_provider')
      .values({
        provider_id: request.providerId,
        sub,
        name: request.name,
        login,
        password_hash: passwordHash,
        state: 'active',
        created_at_ms: nowMs,
      })
      .execute();
  } catch (thrown) {
    if (isTaken(thrown)) throw aaaError('LOGIN_TAKEN', 'another provider has this login or id');
    throw thrown;
  }
  return { sub };
};

/** From now on it signs in no more, and tokens that it holds open nothing. Its shares stay on record. */
export const closeProvider = async (db: Db, providerId: string): Promise<void> => {
  const { numUpdatedRows } = await db
    .updateTable('infrastructure_provider')
    .set({ state: 'closed' })
    .where('provider_id', '=', providerId)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw aaaError('PROVIDER_NOT_FOUND', 'no infrastructure provider has this id');
};

/** The provider with this OpenID subject, while it may sign in. */
export const activeProvider = (db: Db, sub: string) =>
  db
    .selectFrom('infrastructure_provider')
    .select(['provider_id as providerId', 'name'])
    .where('sub', '=', sub)
    .where('state', '=', 'active')
    .executeTakeFirst();
