import {
  commitTo,
  nettingIdOf,
  onAccountRecord,
  pairBalances,
  pairPeriodRecord,
  pairSums,
  payableStatement,
  privateKey,
  returnedOf,
  stateKey,
  statementOf,
  type nettingCommands,
  type OnAccountRecord,
  type PairBalances,
  type PairSum,
  type PairPeriodRecord,
  type PayableStatement,
} from '@roamgrid/wire';
import { mspIdsOf } from '../../consortium/agreement.ts';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireRole, type Transaction, type Verb, zip } from '../../context/index.ts';
import { isOver, markNetted, readDocument, type DueDocument } from '../documents.ts';
import { Nettings } from '../pair.ts';
import { getCalled } from '../period.ts';

type Pair = Pick<PairPeriodRecord, 'periodId' | 'low' | 'high'>;

/** Payments that stay between the two because one of them was in default, and that no balance has taken in yet. */
const waitingOnAccount = async (
  tx: Transaction,
  { periodId, low, high }: Pair,
): Promise<readonly OnAccountRecord[]> => {
  const first = stateKey.onAccount(low, high, '');
  const all = await tx.range(onAccountRecord, first, `${first.slice(0, -1)};`);
  return all.filter((each) => each.periodId === periodId && each.inRound === undefined);
};

const requirePayables = (
  { periodId, low, high }: Pair,
  documents: readonly DueDocument[],
  payables: readonly { readonly hash: string; readonly value: PayableStatement }[],
): void => {
  for (const [{ document, record }, { hash, value }] of zip(documents, payables)) {
    ensure(
      hash === record.payableHash,
      'HASH_MISMATCH',
      `the payable of ${document} is not the one on the ledger`,
    );
    const { debtor, creditor } = value;
    ensure(
      value.periodId === periodId &&
        ((debtor === low && creditor === high) || (debtor === high && creditor === low)),
      'INVALID_ARGUMENT',
      `the payable of ${document} is of another period or pair`,
    );
  }
};

const requireBalances = (
  { periodId, low, high }: Pair,
  round: number,
  stated: PairBalances,
  commitments: readonly { readonly currency: string; readonly commitment: string }[],
  sums: ReadonlyMap<string, PairSum>,
): void => {
  ensure(
    stated.periodId === periodId && stated.low === low && stated.high === high && stated.round === round,
    'INVALID_ARGUMENT',
    'the balances are of another period, pair or round',
  );
  const currencies = [...sums.keys()].join();
  ensure(
    stated.balances.map(({ currency }) => currency).join() === currencies &&
      commitments.map(({ currency }) => currency).join() === currencies,
    'NOT_BALANCED',
    `the accepted documents are in ${currencies === '' ? 'no currency' : currencies}: one balance and one commitment each, in that order`,
  );
  for (const [{ currency, lowOwesMicros, blinding }, { commitment }] of zip(stated.balances, commitments)) {
    ensure(
      lowOwesMicros === sums.get(currency)?.lowOwesMicros,
      'NOT_BALANCED',
      `the balance in ${currency} is not what the accepted documents add up to`,
    );
    ensure(
      commitTo({ micros: lowOwesMicros, blinding }) === commitment,
      'HASH_MISMATCH',
      `the commitment in ${currency} is not one to the balance`,
    );
  }
};

/**
 * A pair closes a round: every document that waits is netted when both accepted it, and carried over to the next round when
 * not. The two endorsers see the payables and compute the balance; the ledger gets a commitment to it.
 */
export const close: Verb<typeof nettingCommands.close> = async (tx, command) => {
  const { periodId, round, low, high, commitments } = command;
  const parties = [await getUtility(tx, low), await getUtility(tx, high)];
  const endorsers = mspIdsOf(parties);
  ensure(
    endorsers.includes(tx.caller.mspId),
    'FORBIDDEN',
    `${tx.caller.mspId} acts for neither ${low} nor ${high}`,
  );
  requireRole(tx.caller, ['operator', 'aaa']);
  const key = stateKey.pairPeriod(periodId, low, high);
  const pair = await tx.get(pairPeriodRecord, key);
  await getCalled(tx, periodId, round);
  ensure(
    statementOf(pair, round) === undefined,
    'WRONG_STATE',
    `${low} and ${high} have closed round ${round} of ${periodId}`,
  );

  const returned = returnedOf(pair, await new Nettings(tx).latestOf(pair));
  const netted: DueDocument[] = [];
  for (const document of returned.documents) netted.push(await readDocument(tx, document));
  const pending: string[] = [];
  for (const document of pair.pending) {
    const due = await readDocument(tx, document);
    if (due.record.state === 'accepted') netted.push(due);
    else if (!isOver(due)) pending.push(document);
  }
  const payables = tx.transientList(payableStatement, 'payables', netted.length);
  requirePayables(pair, netted, payables);
  const onAccount = await waitingOnAccount(tx, pair);
  const sums = pairSums(
    low,
    zip(netted, payables).map(([{ document }, { value }]) => [document, value] as const),
    onAccount,
  );
  const balances = tx.transient(pairBalances, 'balances');
  requireBalances(pair, round, balances.value, commitments, sums);

  const currencyOf = new Map(
    [...sums].flatMap(([currency, { documents }]) => documents.map((each) => [each, currency])),
  );
  for (const due of netted)
    markNetted(tx, due, nettingIdOf(periodId, round, currencyOf.get(due.document) ?? ''));
  for (const each of onAccount) {
    tx.put(onAccountRecord, stateKey.onAccount(low, high, each.paymentId), {
      ...each,
      version: each.version + 1,
      inRound: round,
    });
  }
  tx.put(
    pairPeriodRecord,
    key,
    {
      ...pair,
      version: pair.version + 1,
      pending,
      statements: [
        ...returned.statements,
        {
          round,
          balances: commitments.map(({ currency, commitment }) => ({
            currency,
            commitment,
            documents: [...(sums.get(currency)?.documents ?? [])],
          })),
          closedAtMs: tx.nowMs,
        },
      ],
    },
    { endorsers },
  );
  tx.putPrivate(endorsers, privateKey.balance(periodId, low, high, round), balances.text);
};
