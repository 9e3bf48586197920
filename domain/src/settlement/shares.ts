import { allocateMicros, PPM } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';

declare const sharesBrand: unique symbol;

/** Who takes part in a session's money: home utility, visited utility, owner of the outlet, driver (a reward). */
export const SHARE_PARTIES = ['hun', 'vun', 'infrastructure', 'driver'] as const;

export type ShareParty = (typeof SHARE_PARTIES)[number];

export type ByParty<T> = Readonly<Record<ShareParty, T>>;

/** Each party's part of a session in parts per million; together exactly one million. */
export type Shares = ByParty<bigint> & { readonly [sharesBrand]: true };

/** What each party gets of one session, in micros; together exactly the session's total. */
export type SessionSplit = ByParty<bigint>;

export type SharesError = DomainError<'SHARE_NEGATIVE' | 'SHARES_NOT_WHOLE'>;

/** The only maker of {@link Shares}. */
export const shares = (ppm: ByParty<bigint>): Result<Shares, SharesError> => {
  const negative = SHARE_PARTIES.find((party) => ppm[party] < 0n);
  if (negative !== undefined) {
    return err({
      code: 'SHARE_NEGATIVE',
      message: `the share of ${negative} is ${ppm[negative]} ppm, below zero`,
    });
  }
  const sum = SHARE_PARTIES.reduce((total, party) => total + ppm[party], 0n);
  if (sum !== PPM) {
    return err({ code: 'SHARES_NOT_WHOLE', message: `the shares add up to ${sum} ppm: make them ${PPM}` });
  }
  return ok({ hun: ppm.hun, vun: ppm.vun, infrastructure: ppm.infrastructure, driver: ppm.driver } as Shares);
};

/**
 * Splits a session's total: every micro goes to exactly one party. What the ppm leave over goes to the largest
 * remainders, ties in the order of {@link SHARE_PARTIES}.
 */
export const splitSession = (totalMicros: bigint, parts: Shares): SessionSplit => {
  const [hun = 0n, vun = 0n, infrastructure = 0n, driver = 0n] = allocateMicros(
    totalMicros,
    SHARE_PARTIES.map((party) => parts[party]),
  );
  return { hun, vun, infrastructure, driver };
};

/** Sums splits party by party. */
export const sumSplits = (splits: Iterable<SessionSplit>): SessionSplit => {
  const sum = { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n };
  for (const split of splits) {
    for (const party of SHARE_PARTIES) sum[party] += split[party];
  }
  return sum;
};
