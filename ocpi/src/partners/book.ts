import type { Kysely, Transaction } from 'kysely';
import type { Db, OcpiDatabase, PartnerRole } from '../store/schema.ts';
import type { Platform } from './handshake.ts';
import type { Partner } from './partner.ts';
import { tokenHash, type Seal } from './seal.ts';

export interface NewPartner {
  readonly partnerId: string;
  readonly name: string;
  readonly parties: readonly string[];
  readonly tokenEncoding: Partner['tokenEncoding'];
  readonly certificateSha256: string | undefined;
}

/** Writes a partner down. False where there is one of that name or with one of its parties. */
export const addPartner = async (db: Db, partner: NewPartner): Promise<boolean> => {
  const parties = partner.parties.map((one) => one.toUpperCase());
  const others = await db.selectFrom('partner').select('parties').execute();
  const taken = new Set(others.flatMap((other) => JSON.parse(other.parties) as string[]));
  if (parties.some((one) => taken.has(one))) return false;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('partner')
    .values({
      partner_id: partner.partnerId,
      name: partner.name,
      state: 'invited',
      parties: JSON.stringify(parties),
      roles: '[]',
      endpoints: '[]',
      version: null,
      versions_url: null,
      sealed_token: null,
      token_encoding: partner.tokenEncoding,
      certificate_sha256: partner.certificateSha256 ?? null,
      rotate_at_ms: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
};

export interface Registration {
  readonly platform: Platform;
  readonly roles: readonly PartnerRole[];
  readonly versionsUrl: string;
  /** What we show it from now on. */
  readonly token: string;
  readonly rotateAtMs: number;
}

/** Both sides have their tokens: the partner is registered, its invitation is over. */
export const registerPartner = async (
  db: Db,
  seal: Seal,
  { partnerId }: Partner,
  { platform, roles, versionsUrl, token, rotateAtMs }: Registration,
): Promise<void> => {
  await db
    .updateTable('partner')
    .set({
      state: 'registered',
      roles: JSON.stringify(roles),
      endpoints: JSON.stringify(platform.endpoints),
      version: platform.version,
      versions_url: versionsUrl,
      sealed_token: seal.close(partnerId, token),
      rotate_at_ms: rotateAtMs,
    })
    .where('partner_id', '=', partnerId)
    .execute();
  await db
    .deleteFrom('partner_token')
    .where('partner_id', '=', partnerId)
    .where('kind', '=', 'invitation')
    .execute();
};

/** What we show it from now on, and nothing else; of whoever is not registered also where its platform is. */
export const keepToken = async (
  db: Db,
  seal: Seal,
  partnerId: string,
  token: string,
  { version, endpoints, versionsUrl }: Platform & { readonly versionsUrl: string },
): Promise<void> => {
  const sealed = { sealed_token: seal.close(partnerId, token) };
  await db.updateTable('partner').set(sealed).where('partner_id', '=', partnerId).execute();
  await db
    .updateTable('partner')
    .set({ version, endpoints: JSON.stringify(endpoints), versions_url: versionsUrl })
    .where('partner_id', '=', partnerId)
    .where('state', '<>', 'registered')
    .execute();
};

/**
 * Keeps everybody else from changing a partner until the transaction ends. A handshake takes as long as the partner likes: it counts
 * only where the token with which it began still stands, and whoever was sent away meanwhile, or used it already, took it with them.
 */
export const holdPartner = async (
  db: Transaction<OcpiDatabase>,
  partnerId: string,
  token: string,
): Promise<boolean> => {
  await db
    .selectFrom('partner')
    .select('partner_id')
    .where('partner_id', '=', partnerId)
    .forUpdate()
    .executeTakeFirst();
  const standing = await db
    .selectFrom('partner_token')
    .select('token_hash')
    .where('partner_id', '=', partnerId)
    .where('token_hash', '=', tokenHash(token))
    .executeTakeFirst();
  return standing !== undefined;
};

/** Its tokens are no longer good, on either side; what it told stays, and so do CDRs that it is still to be told. */
export const endPartner = (
  database: Kysely<OcpiDatabase>,
  partnerId: string,
  state: 'left' | 'suspended',
): Promise<void> =>
  database.transaction().execute(async (db) => {
    await db
      .updateTable('partner')
      .set({ state, sealed_token: null, rotate_at_ms: null })
      .where('partner_id', '=', partnerId)
      .execute();
    await db.deleteFrom('partner_token').where('partner_id', '=', partnerId).execute();
    await db.deleteFrom('outbox').where('partner_id', '=', partnerId).where('module', '<>', 'cdrs').execute();
  });

/** What we show a partner; undefined where it gave us nothing. */
export const tokenFor = async (db: Db, seal: Seal, partnerId: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('partner')
    .select('sealed_token')
    .where('partner_id', '=', partnerId)
    .executeTakeFirst();
  return row?.sealed_token ? seal.open(partnerId, row.sealed_token) : undefined;
};
