/** What was found: it matches, it does not, or it cannot be seen from here. */
export type Verdict = 'matches' | 'differs' | 'unseen';

export interface Check {
  readonly id: string;
  /** What must hold. */
  readonly claim: string;
  readonly verdict: Verdict;
  /** The figures that were compared. */
  readonly detail: string;
}

/** @param good undefined for what cannot be seen from here */
export const check = (id: string, claim: string, good: boolean | undefined, detail: string): Check => ({
  id,
  claim,
  verdict: good === undefined ? 'unseen' : good ? 'matches' : 'differs',
  detail,
});

export const short = (hash: string | undefined): string =>
  hash === undefined ? 'none' : `${hash.slice(0, 16)}…`;

/** A signature or text that cannot even be read proves nothing. */
export const attempt = <T>(work: () => Promise<T>): Promise<T | undefined> => work().catch(() => undefined);

export const NOT_A_PARTY =
  'This gateway is of no party to the session and holds no body: ask one of the two.';
