import { createHmac } from 'node:crypto';
import { ipKeyGenerator } from 'express-rate-limit';
import { sql } from 'kysely';
import type { Db } from '../store/database.ts';

/** Failures are counted in windows of so long. */
const WINDOW_MS = 15 * 60_000;

/**
 * Failures in a window. One account from one address: who forgot a password, or guesses it. One account from anywhere:
 * who guesses from many places. One address at all accounts: who tries a password on many. An account's owner at another
 * address is locked out by the second alone.
 */
const LIMITS = { pair: 5, account: 25, address: 100 } as const;

/** What may have counted: the answer of a sign-in, or how long to wait before the next. */
export type SignIn<T> =
  { readonly outcome: 'ok'; readonly value: T } | { readonly outcome: 'wrong' | 'wait' };

export const SIGN_IN_WAIT_S = WINDOW_MS / 1_000;

export interface SignInGuardOptions {
  readonly db: Db;
  /** 32 bytes in hex: neither logins nor addresses stand in the table. */
  readonly secret: string;
  readonly nowMs: () => number;
}

/**
 * Bounds the guessing of passwords. Only failures count, so a household or a whole network behind one address signs in as
 * often as it likes; the counts are in the database, so a restart gives no further guesses.
 */
export const createSignInGuard = ({ db, secret, nowMs }: SignInGuardOptions) => {
  const key = Buffer.from(secret, 'hex');
  const subject = (...parts: readonly string[]): string =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');

  /** Counts one attempt as failed until it is known better: guesses made at once are all counted before any is answered. */
  const count = async (subjects: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    const now = nowMs();
    // In one order everywhere, or two attempts could wait for each other.
    const rows = [...subjects]
      .sort()
      .map((one) => ({ subject: one, failures: 1, until_ms: now + WINDOW_MS }));
    const over = sql<boolean>`sign_in_failure.until_ms <= ${now}`;
    const counted = await db
      .insertInto('sign_in_failure')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('subject').doUpdateSet({
          failures: sql<number>`case when ${over} then 1 else least(sign_in_failure.failures + 1, 1000000) end`,
          until_ms: sql<number>`case when ${over} then excluded.until_ms else sign_in_failure.until_ms end`,
        }),
      )
      .returning(['subject', 'failures'])
      .execute();
    return new Map(counted.map((row) => [row.subject, row.failures]));
  };

  /** It was right: nothing is left of it, and the account's owner begins anew at this address. */
  const uncount = async (pair: string, others: readonly string[]): Promise<void> => {
    await db.deleteFrom('sign_in_failure').where('subject', '=', pair).execute();
    await db
      .updateTable('sign_in_failure')
      .set({ failures: sql<number>`greatest(failures - 1, 0)` })
      .where('subject', 'in', [...others])
      .execute();
  };

  return {
    /** Runs `check` unless too many went wrong before. `check` gives undefined when the password is wrong. */
    async attempt<T>(login: string, ip: string, check: () => Promise<T | undefined>): Promise<SignIn<T>> {
      const account = subject('account', login.toLowerCase());
      // Whoever has an IPv6 address has 2⁶⁴ of them.
      const address = subject('address', ipKeyGenerator(ip, 64));
      const pair = subject('pair', account, address);
      const failures = await count([pair, account, address]);
      const isOver =
        (failures.get(pair) ?? 0) > LIMITS.pair ||
        (failures.get(account) ?? 0) > LIMITS.account ||
        (failures.get(address) ?? 0) > LIMITS.address;
      if (isOver) return { outcome: 'wait' };
      const value = await check();
      if (value === undefined) return { outcome: 'wrong' };
      await uncount(pair, [account, address]);
      return { outcome: 'ok', value };
    },
  };
};

export type SignInGuard = ReturnType<typeof createSignInGuard>;

/** Forgets what no longer counts. */
export const sweepSignInFailures = async (db: Db, nowMs: number): Promise<void> => {
  await db.deleteFrom('sign_in_failure').where('until_ms', '<=', nowMs).execute();
};
