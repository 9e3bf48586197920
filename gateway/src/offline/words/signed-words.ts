import { sql, type Kysely } from 'kysely';
import type { GatewayDb } from '../../store/schema.ts';
import type { ChargerKeys } from '../charger-keys.ts';

/** A word that phones carry to chargers, which take it when its version is later than what holds. */
export interface SignedWord {
  readonly version: number;
  /** COSE_Sign1 in base64url. */
  readonly word: string;
}

export interface SignedWordsContext {
  readonly db: Kysely<GatewayDb>;
  readonly keys: ChargerKeys;
  readonly nowMs: () => number;
}

const MS_PER_S = 1_000;
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** @param subject the outlet, or the site, that it is about */
export const wordOf = async (
  { db }: Pick<SignedWordsContext, 'db'>,
  subject: string,
  kind: string,
): Promise<(SignedWord & { readonly said: string }) | undefined> => {
  const row = await db
    .selectFrom('offline_word')
    .select(['version', 'word', 'said'])
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row && { version: Number(row.version), word: row.word, said: row.said };
};

/** What a word says, in one spelling, and how it is signed. */
export interface Composed {
  readonly said: string;
  sign(version: number): Promise<Uint8Array>;
}

/**
 * Signs a word unless the last one of its kind says the same. A version is later than the one before, and no less than the second in which it is
 * made: it rises after the loss of a database too, and whichever of the utility's gateways makes it.
 * @param compose given what the last one said; asked again when somebody else said something meanwhile
 * @throws ServiceError OFFLINE_KEY_UNREGISTERED; what `compose` and `sign` throw: nothing is kept then
 */
export const keepWord = async (
  context: SignedWordsContext,
  { subject, kind }: { readonly subject: string; readonly kind: string },
  compose: (before: string | undefined) => Composed | Promise<Composed>,
): Promise<SignedWord> => {
  const { db, keys } = context;
  const nowMs = context.nowMs();
  const kid = base64url(keys.signer.kid);
  const has = await db
    .selectFrom('offline_word')
    .select(['version', 'word', 'said', 'kid'])
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .executeTakeFirst();
  const { said, sign } = await compose(has?.said);
  // A charger that was set up anew believes the present key alone.
  if (has?.said === said && has.kid === kid) return { version: Number(has.version), word: has.word };
  keys.requireRegistered();
  const version = Math.max(Number(has?.version ?? 0n) + 1, Math.floor(nowMs / MS_PER_S));
  const word = base64url(await sign(version));
  const row = { version: BigInt(version), said, word, kid, made_at_ms: nowMs };
  const kept =
    has === undefined
      ? await db
          .insertInto('offline_word')
          .values({ subject, kind, ...row })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
      : await db
          .updateTable('offline_word')
          .set(row)
          .where('subject', '=', subject)
          .where('kind', '=', kind)
          .where('version', '=', has.version)
          .executeTakeFirst();
  const isKept =
    ('numInsertedOrUpdatedRows' in kept ? kept.numInsertedOrUpdatedRows : kept.numUpdatedRows) === 1n;
  // Somebody else said something meanwhile: what holds in the end is what was said last.
  return isKept ? { version, word } : keepWord(context, { subject, kind }, compose);
};

/** Sites are apart from outlets, which the same table has. */
export const siteSubject = (siteId: string): string => `site:${siteId}`;

const latestNaming = ({ db }: Pick<SignedWordsContext, 'db'>, evseId: string, kind: string) =>
  db
    .selectFrom('offline_word')
    .select(['subject', 'version', 'word'])
    .where('kind', '=', kind)
    // As its index has it.
    .where(sql<boolean>`(said::jsonb -> 'chargers') @> to_jsonb(${evseId}::text)`)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The latest word of a kind that is for all chargers of a site, by one of them. */
export const wordForSiteOf = async (
  context: Pick<SignedWordsContext, 'db'>,
  evseId: string,
  kind: string,
): Promise<SignedWord | undefined> => {
  const row = await latestNaming(context, evseId, kind);
  return row && { version: Number(row.version), word: row.word };
};

/** Whose word that is. */
export const siteNaming = async (
  context: Pick<SignedWordsContext, 'db'>,
  evseId: string,
  kind: string,
): Promise<string | undefined> => (await latestNaming(context, evseId, kind))?.subject;
