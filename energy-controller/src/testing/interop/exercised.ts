/** One thing that was tried with a peer, and what was other than expected. */
export interface Exercised {
  readonly action: string;
  readonly wrong?: string;
  /** Why it is not for us: then it was not tried. */
  readonly doesNotApply?: string;
}
