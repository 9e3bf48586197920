/** One thing that was tried with a peer, and what was other than expected. */
export interface Exercised {
  readonly action: string;
  readonly wrong?: string;
}
