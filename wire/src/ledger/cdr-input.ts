import type { DomainError } from '@roamgrid/domain';
import type { AdaptiveTerms } from './adapt-cdr.ts';
import type { AgreementTerms } from './consortium.ts';
import type { DemandChunkRecord } from './grid.ts';
import type { Cdr, Quote, RecordedReading } from './session.ts';

export type CdrError = DomainError<
  | 'TARIFF_INVALID' // the tariff's JSON is not a tariff that can be rated
  | 'READINGS_INVALID' // too few readings, or out of order
  | 'TIME_UNUSABLE' // the tariff prices minutes, and the meter does not vouch for them
  | 'CURRENCY_DIFFERS' // the tariff is in another currency than the quote
  | 'CHARGE_NEGATIVE' // prices or discounts below zero
  | 'SHARES_INVALID' // the agreement's shares are not a whole
>;

/** What decides a session's amounts. */
export interface AmountsInput {
  /** Running number of the lane's records. */
  readonly laneSequence: number;
  readonly quote: Quote;
  readonly readings: readonly RecordedReading[];
  /** `tariffJson` of the quoted version. */
  readonly tariffJson: string;
  readonly terms: Pick<AgreementTerms, 'shares'>;
  readonly endReason: Cdr['endReason'];
  /** What moves the price by measured grid demand; left out for an agreement without such a rule, and in estimates. */
  readonly grid?: GridInput;
}

/** What is said of a session whoever metered it. */
export type RatedCdr = Omit<Cdr, 'meteredBy'>;

/** What decides a session's record. */
export interface CdrInput extends AmountsInput {
  /** Whose key verified the end statement, see `signingMeterKey`. */
  readonly meteredBy: Cdr['meteredBy'];
}

export interface GridInput {
  readonly terms: AdaptiveTerms;
  /** Chunks of the rule's sources in `chunkSpan`. */
  readonly chunks: readonly DemandChunkRecord[];
}

/** The grid's part of the input, when the agreement has a rule for it. */
export const gridInputOf = (
  terms: AgreementTerms,
  chunks: readonly DemandChunkRecord[],
): GridInput | undefined => {
  const { adaptation } = terms;
  return adaptation && { terms: { ...terms, adaptation }, chunks };
};
