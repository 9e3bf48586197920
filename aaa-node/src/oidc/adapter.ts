import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { sql, type Kysely } from 'kysely';
import type { AaaDatabase } from '../store/schema.ts';
import { isStorable, storableJson } from '../store/storable.ts';

/** Where `Client` lookups of the provider end: partner utilities and own apps. */
export type ClientSource = (clientId: string) => Promise<AdapterPayload | undefined>;

/** Kept this long beyond its expiry: the provider tolerates clocks that differ. */
const GRACE_MS = 60_000;

/**
 * The provider's storage in SQL, so that a restart loses no token, session or pending swipe.
 *
 * Two steps of the provider are find-then-save; here they are one statement, so that of two requests at the same time
 * only one wins: an id of replay detection is taken once, and a code is consumed once.
 *
 * A swipe is never consumed: the provider would revoke what it gave when the client polls again, and a client whose
 * answer was lost on the way has nothing else to do. It gets a further token for the same session, bound to its own key.
 */
export class SqlAdapter implements Adapter {
  readonly #db: Kysely<AaaDatabase>;
  readonly #model: string;
  readonly #nowMs: () => number;

  constructor(db: Kysely<AaaDatabase>, model: string, nowMs: () => number = Date.now) {
    this.#db = db;
    this.#model = model;
    this.#nowMs = nowMs;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInS?: number): Promise<void> {
    const json = storableJson(payload);
    if (json === undefined) throw new errors.InvalidRequest('a parameter has characters that are no text');
    const values = {
      payload: json,
      grant_id: payload.grantId ?? null,
      user_code: payload.userCode ?? null,
      uid: payload.uid ?? null,
      account_id: payload.accountId ?? payload.session?.accountId ?? null,
      expires_at_ms: expiresInS === undefined ? null : this.#nowMs() + expiresInS * 1_000 + GRACE_MS,
    };
    const insert = this.#db.insertInto('oidc_payload').values({ model: this.#model, id, ...values });
    if (this.#model === 'ReplayDetection') {
      const { numInsertedOrUpdatedRows = 0n } = await insert
        .onConflict((conflict) => conflict.columns(['model', 'id']).doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) throw new errors.InvalidRequest('replay detected');
      return;
    }
    await insert.onConflict((conflict) => conflict.columns(['model', 'id']).doUpdateSet(values)).execute();
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return this.#read('id', id);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#read('uid', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#read('user_code', userCode);
  }

  async consume(id: string): Promise<void> {
    if (this.#model === 'BackchannelAuthenticationRequest') return;
    const { numUpdatedRows } = await this.#db
      .updateTable('oidc_payload')
      .set({ consumed_at_s: Math.floor(this.#nowMs() / 1_000) })
      .where('model', '=', this.#model)
      .where('id', '=', id)
      .where('consumed_at_s', 'is', null)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw new errors.InvalidGrant('already consumed');
  }

  async destroy(id: string): Promise<void> {
    await this.#db.deleteFrom('oidc_payload').where('model', '=', this.#model).where('id', '=', id).execute();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#db
      .deleteFrom('oidc_payload')
      .where('model', '=', this.#model)
      .where('grant_id', '=', grantId)
      .execute();
  }

  async #read(column: 'id' | 'uid' | 'user_code', value: string): Promise<AdapterPayload | undefined> {
    if (!isStorable(value)) return undefined;
    const row = await this.#db
      .selectFrom('oidc_payload')
      .select(['payload', 'consumed_at_s'])
      .where('model', '=', this.#model)
      .where(column, '=', value)
      .where((where) =>
        where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', this.#nowMs())]),
      )
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return row.consumed_at_s === null ? row.payload : { ...row.payload, consumed: row.consumed_at_s };
  }
}

/** The provider asks it for `Client`s too; it never writes them. */
const clientAdapter = (source: ClientSource): Adapter => {
  const readOnly = () => Promise.reject(new Error('clients come from the registry and the configuration'));
  return {
    find: source,
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
    upsert: readOnly,
    consume: readOnly,
    destroy: readOnly,
    revokeByGrantId: readOnly,
  };
};

export const createAdapterFactory =
  (db: Kysely<AaaDatabase>, clients: ClientSource) =>
  (model: string): Adapter =>
    model === 'Client' ? clientAdapter(clients) : new SqlAdapter(db, model);

/** Deletes what is out of its time, at most `limit` rows. */
export const sweepOidcPayloads = async (
  db: Kysely<AaaDatabase>,
  nowMs: number,
  limit = 5_000,
): Promise<void> => {
  const out = sql`(select ctid from oidc_payload where expires_at_ms < ${nowMs} limit ${limit})`;
  await db
    .deleteFrom('oidc_payload')
    .where(sql<boolean>`ctid in ${out}`)
    .execute();
};
