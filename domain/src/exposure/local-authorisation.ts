/**
 * What a visited utility may authorise from a cached profile without asking the home utility.
 *
 * The whitelist modes follow OCPI 2.2.1 mod_tokens `WhitelistType`. A revocation reaches the visited utility only in
 * time, so what it can grant until then is bounded: by the profile's window, by a cap on each session and by a cap on
 * all sessions that the home utility has not seen yet.
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
  /** Largest sum of the caps of locally authorised sessions that the home utility has not seen yet. */
  readonly exposureMicros: bigint;
}

/** What the visited utility knows when the driver asks. */
export interface LocalKnowledge {
  readonly atMs: number;
  readonly revoked: boolean;
  /** When the home utility's revocations were last read. */
  readonly revocationsReadAtMs: number;
  /** How old that may be while the home utility can still be asked. */
  readonly revocationsMaxAgeMs: number;
  /** Caps of local sessions under this leave that the home utility has not seen yet. */
  readonly openMicros: bigint;
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
  if (capMicros < 0n || known.openMicros < 0n)
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
  const exposureAfterMicros = known.openMicros + capMicros;
  return exposureAfterMicros > leave.exposureMicros
    ? ask('exposure')
    : { outcome: 'granted', exposureAfterMicros };
};

/** The largest cap that {@link authoriseLocally} would not refuse for its amount; zero when the exposure is used up. */
export const localHeadroomMicros = (leave: LocalLeave, openMicros: bigint): bigint => {
  const rest = leave.exposureMicros - openMicros;
  if (rest <= 0n) return 0n;
  return rest < leave.perSessionMicros ? rest : leave.perSessionMicros;
};
