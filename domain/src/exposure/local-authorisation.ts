/**
 * What a visited utility may authorise from a cached profile without asking the home utility.
 *
 * The whitelist modes follow OCPI 2.2.1 mod_tokens `WhitelistType`. A revocation reaches the visited utility only in
 * time, so what it can grant until then is bounded: by the profile's window, by a cap on each session and, over the
 * profile's whole life, by a sum and a count of sessions. Nothing gives used exposure back: the ledger counts alike, and
 * whoever has used up a profile asks home again, which may sign another.
 */

export const WHITELIST_MODES = ['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER'] as const;
export type WhitelistMode = (typeof WHITELIST_MODES)[number];

/** What the home utility signed. */
export interface LocalLeave {
  readonly whitelist: WhitelistMode;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** Largest cap of one locally authorised session. */
  readonly perSessionMicros: bigint;
  /** Largest sum of locally authorised sessions under this leave, over its whole life. */
  readonly exposureMicros: bigint;
  /** Most sessions under this leave, over its whole life. */
  readonly maxSessions: number;
}

/** What the visited utility knows when the driver asks. */
export interface LocalKnowledge {
  readonly atMs: number;
  readonly revoked: boolean;
  /** When the home utility's revocations were last read. */
  readonly revocationsReadAtMs: number;
  /** How old that may be while the home utility can still be asked. */
  readonly revocationsMaxAgeMs: number;
  /** Sum of the local sessions under this leave: totals of those that ended, caps of the others. */
  readonly usedMicros: bigint;
  /** Their count. */
  readonly usedSessions: number;
  /** The home utility was asked and does not answer. */
  readonly homeDown: boolean;
}

export type AskHomeReason =
  | 'revoked'
  | 'whitelist-never'
  | 'not-yet-valid'
  | 'expired'
  | 'offline-only'
  | 'stale'
  | 'limit'
  | 'exposure';

export type LocalDecision =
  | { readonly outcome: 'granted'; readonly exposureAfterMicros: bigint }
  | { readonly outcome: 'ask-home'; readonly why: AskHomeReason };

const ask = (why: AskHomeReason): LocalDecision => ({ outcome: 'ask-home', why });

/**
 * Whether a session up to `capMicros` may start on the leave alone. With the home utility down, `ask-home` is a refusal:
 * nothing widens a cap, a window or a revocation. Being down makes usable what needs it: `ALLOWED_OFFLINE`, and a
 * revocation list that is older than its bound. `ALWAYS` asks for no fresh list.
 */
export const authoriseLocally = (
  leave: LocalLeave,
  known: LocalKnowledge,
  capMicros: bigint,
): LocalDecision => {
  if (capMicros < 0n || known.usedMicros < 0n || known.usedSessions < 0)
    throw new RangeError('authoriseLocally: an amount is negative');
  if (known.revoked) return ask('revoked');
  if (leave.whitelist === 'NEVER') return ask('whitelist-never');
  if (known.atMs < leave.validFromMs) return ask('not-yet-valid');
  if (known.atMs >= leave.validUntilMs) return ask('expired');
  if (!known.homeDown && leave.whitelist === 'ALLOWED_OFFLINE') return ask('offline-only');
  const listAgeMs = known.atMs - known.revocationsReadAtMs;
  if (!known.homeDown && leave.whitelist !== 'ALWAYS' && listAgeMs > known.revocationsMaxAgeMs)
    return ask('stale');
  if (capMicros > leave.perSessionMicros) return ask('limit');
  const exposureAfterMicros = known.usedMicros + capMicros;
  return exposureAfterMicros > leave.exposureMicros || known.usedSessions >= leave.maxSessions
    ? ask('exposure')
    : { outcome: 'granted', exposureAfterMicros };
};

/** The largest cap that {@link authoriseLocally} would not refuse for amount or count; zero when the leave is used up. */
export const localHeadroomMicros = (
  leave: LocalLeave,
  { usedMicros, usedSessions }: Pick<LocalKnowledge, 'usedMicros' | 'usedSessions'>,
): bigint => {
  const rest = leave.exposureMicros - usedMicros;
  if (rest <= 0n || usedSessions >= leave.maxSessions) return 0n;
  return rest < leave.perSessionMicros ? rest : leave.perSessionMicros;
};
