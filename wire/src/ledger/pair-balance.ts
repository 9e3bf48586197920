import type { PayableStatement } from './clearing.ts';
import type { NettingRecord, OnAccountRecord, PairPeriodRecord, PairStatement } from './netting.ts';

/** What a pair nets and what it comes to: the same for the contract that checks it and the gateways that say it. */

export const statementOf = (
  { statements }: Pick<PairPeriodRecord, 'statements'>,
  round: number,
): PairStatement | undefined => statements.find((statement) => statement.round === round);

/** The cast of a netting that holds now; nothing before it was netted. */
export type LatestCast = (round: number, currency: string) => NettingRecord | undefined;

/**
 * A pair's earlier statements, with those of their balances marked that a netting went on without, and the documents that
 * wait again for it.
 */
export const returnedOf = (
  { low, high, statements }: Pick<PairPeriodRecord, 'low' | 'high' | 'statements'>,
  latest: LatestCast,
): { readonly statements: PairStatement[]; readonly documents: readonly string[] } => {
  const documents: string[] = [];
  const marked = statements.map((statement): PairStatement => {
    const balances = statement.balances.map((balance) => {
      const cast = balance.returned === true ? undefined : latest(statement.round, balance.currency);
      const isIn = cast?.pairs.some((pair) => pair.low === low && pair.high === high) ?? true;
      if (isIn) return balance;
      documents.push(...balance.documents);
      return { ...balance, returned: true as const };
    });
    return { ...statement, balances };
  });
  return { statements: marked, documents };
};

export interface PairSum {
  /** Above zero the pair's lower id owes its higher one. */
  readonly lowOwesMicros: bigint;
  readonly documents: readonly string[];
}

/** What a pair's lower id owes its higher one, by currency in the order of their codes: payables, less what was paid on account. */
export const pairSums = (
  low: string,
  payables: readonly (readonly [
    document: string,
    statement: Pick<PayableStatement, 'currency' | 'debtor' | 'payableMicros'>,
  ])[],
  onAccount: readonly Pick<OnAccountRecord, 'currency' | 'payer' | 'amountMicros'>[] = [],
): ReadonlyMap<string, PairSum> => {
  const micros = new Map<string, bigint>();
  const documents = new Map<string, string[]>();
  const add = (currency: string, owes: bigint): string[] => {
    micros.set(currency, (micros.get(currency) ?? 0n) + owes);
    const listed = documents.get(currency) ?? [];
    documents.set(currency, listed);
    return listed;
  };
  for (const [document, { currency, debtor, payableMicros }] of payables)
    add(currency, debtor === low ? payableMicros : -payableMicros).push(document);
  for (const { currency, payer, amountMicros } of onAccount)
    add(currency, payer === low ? -amountMicros : amountMicros);
  return new Map(
    [...micros]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([currency, lowOwesMicros]) => [
        currency,
        { lowOwesMicros, documents: documents.get(currency) ?? [] },
      ]),
  );
};
