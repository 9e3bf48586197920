import { newToken, tokenHash } from './seal.ts';
import { partnerOf, type Partner } from './partner.ts';
import { tokensIn } from './authorization.ts';
import type { Db } from '../store/schema.ts';

/** Who asks, as far as its token says. */
export interface Caller {
  readonly partner: Partner;
  readonly kind: 'invitation' | 'access';
  readonly hash: string;
  /** As the caller just showed it. */
  readonly token: string;
}

export interface TokenTimes {
  readonly lifeMs: number;
  readonly overlapMs: number;
  readonly inviteMs: number;
}

/** A token for a partner; the text leaves here once and is nowhere kept. */
export const giveToken = async (
  db: Db,
  partnerId: string,
  kind: Caller['kind'],
  times: TokenTimes,
  nowMs: number,
): Promise<string> => {
  const token = newToken();
  await db
    .insertInto('partner_token')
    .values({
      token_hash: tokenHash(token),
      partner_id: partnerId,
      kind,
      made_at_ms: nowMs,
      expires_at_ms: nowMs + (kind === 'access' ? times.lifeMs : times.inviteMs),
      used_at_ms: null,
    })
    .execute();
  return token;
};

/** What a partner was given before its newest token counts until that one was used, and no longer than the overlap. */
export const boundOlderTokens = async (
  db: Db,
  partnerId: string,
  newest: string,
  times: TokenTimes,
  nowMs: number,
): Promise<void> => {
  const untilMs = nowMs + times.overlapMs;
  await db
    .updateTable('partner_token')
    .set((eb) => ({ expires_at_ms: eb.fn<number>('least', ['expires_at_ms', eb.val(untilMs)]) }))
    .where('partner_id', '=', partnerId)
    .where('token_hash', '<>', tokenHash(newest))
    .execute();
};

/** Takes back a token that its partner refused; one that it uses all the same stays, for it may be its only one. */
export const withdrawToken = async (db: Db, token: string): Promise<void> => {
  await db
    .deleteFrom('partner_token')
    .where('token_hash', '=', tokenHash(token))
    .where('used_at_ms', 'is', null)
    .execute();
};

/** Who has this token, by the hash of it; and its first use ends those before it. */
export const callerOf = async (
  db: Db,
  header: string | undefined,
  nowMs: number,
): Promise<Caller | undefined> => {
  const given = new Map(tokensIn(header).map((token) => [tokenHash(token), token]));
  if (given.size === 0) return undefined;
  const row = await db
    .selectFrom('partner_token')
    .innerJoin('partner', 'partner.partner_id', 'partner_token.partner_id')
    .selectAll()
    .where('token_hash', 'in', [...given.keys()])
    .where('expires_at_ms', '>', nowMs)
    .where('state', '<>', 'suspended')
    .executeTakeFirst();
  const token = row && given.get(row.token_hash);
  if (row === undefined || token === undefined) return undefined;
  return { partner: partnerOf(row), kind: row.kind, hash: row.token_hash, token };
};

/** The first use of a token by its partner, registered by now, ends every one that it was given before. */
export const noteUse = async (db: Db, { partner, hash, kind }: Caller, nowMs: number): Promise<void> => {
  if (kind !== 'access' || partner.state !== 'registered') return;
  const first = await db
    .updateTable('partner_token')
    .set({ used_at_ms: nowMs })
    .where('token_hash', '=', hash)
    .where('used_at_ms', 'is', null)
    .returning('seq')
    .executeTakeFirst();
  if (first?.seq === undefined) return;
  await db
    .deleteFrom('partner_token')
    .where('partner_id', '=', partner.partnerId)
    .where('seq', '<', first.seq)
    .execute();
};
