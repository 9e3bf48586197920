import {
  MAX_PENDING_DOCUMENTS,
  nettingIdOf,
  nettingRecord,
  pairOf,
  pairPeriodRecord,
  stateKey,
  type LatestCast,
  type NettingRecord,
  type PairPeriodRecord,
} from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

interface NewDocument {
  readonly periodId: string;
  readonly vun: string;
  readonly hun: string;
  /** `invoice:<id>`, `credit:<id>` or `charge:<id>`. */
  readonly document: string;
}

/**
 * Puts a document on its pair's list of what is to be netted: whoever makes one calls this, so that none is ever forgotten.
 * The command must be one that both parties endorse.
 * @throws LedgerError `TOO_LARGE` when as many wait as a round nets.
 */
export const noteDue = async (
  tx: Transaction,
  { periodId, vun, hun, document }: NewDocument,
  endorsers: readonly string[],
): Promise<void> => {
  const { low, high } = pairOf(vun, hun);
  const key = stateKey.pairPeriod(periodId, low, high);
  const before = await tx.find(pairPeriodRecord, key);
  const pending = [...(before?.pending ?? []), document];
  ensure(
    pending.length <= MAX_PENDING_DOCUMENTS,
    'TOO_LARGE',
    `${low} and ${high} have ${MAX_PENDING_DOCUMENTS} documents waiting in period ${periodId}: net a round of it, or tell this one in the next period`,
  );
  tx.put(
    pairPeriodRecord,
    key,
    {
      type: 'pairPeriod',
      periodId,
      low,
      high,
      statements: [],
      ...before,
      version: (before?.version ?? 0) + 1,
      pending,
    },
    { endorsers },
  );
};

/** Nettings of a transaction's view, each read once. */
export class Nettings {
  readonly #tx: Transaction;
  readonly #latest = new Map<string, readonly NettingRecord[]>();

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** All casts of a netting, the first one first; none before it was netted. */
  async casts(periodId: string, round: number, currency: string): Promise<readonly NettingRecord[]> {
    const id = nettingIdOf(periodId, round, currency);
    const known = this.#latest.get(id);
    if (known !== undefined) return known;
    const casts: NettingRecord[] = [];
    for (;;) {
      const key = stateKey.netting(nettingIdOf(periodId, round, currency, casts.length + 1));
      const found = await this.#tx.find(nettingRecord, key);
      if (found === undefined) break;
      casts.push(found);
    }
    this.#latest.set(id, casts);
    return casts;
  }

  /** The cast of each netting that a pair's statements are in. */
  async latestOf({ periodId, statements }: PairPeriodRecord): Promise<LatestCast> {
    const latest = new Map<string, NettingRecord | undefined>();
    for (const { round, balances } of statements) {
      for (const { currency } of balances)
        latest.set(
          nettingIdOf(periodId, round, currency),
          (await this.casts(periodId, round, currency)).at(-1),
        );
    }
    return (round, currency) => latest.get(nettingIdOf(periodId, round, currency));
  }
}
