import { randomBytes } from 'node:crypto';
import {
  canonicalText,
  commitTo,
  nettingCommands,
  nettingIdOf,
  pairBalances,
  pairSums,
  payableStatement,
  privateKey,
  returnedOf,
  sealBody,
  statementOf,
  sumOpenings,
  type BalanceOpening,
  type NettingRecord,
  type PairPeriodRecord,
  type PositionRecord,
  type Signed,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { LedgerCommand } from '../ledger/ledger.ts';
import type { GatewayDb } from '../store/schema.ts';
import { acceptedOf, balancesOf, onAccountOf, payablesOf } from './read.ts';

type Db = Kysely<GatewayDb>;
type Casts = ReadonlyMap<string, NettingRecord>;

/** Documents that a netting went on without and that wait again. */
const waitingAgain = (pair: PairPeriodRecord, casts: Casts): readonly string[] =>
  returnedOf(pair, (round, currency) => casts.get(nettingIdOf(pair.periodId, round, currency))).documents;

/** Whether a pair has something to say in a round and has not said it. */
export const isOpen = (pair: PairPeriodRecord, round: number, casts: Casts): boolean =>
  statementOf(pair, round) === undefined && (pair.pending.length > 0 || waitingAgain(pair, casts).length > 0);

/** What closes a pair's round, from its documents; nothing when one's payable is not here. */
export const formClose = async (
  db: Db,
  pair: PairPeriodRecord,
  round: number,
  casts: Casts,
  endorsers: readonly string[],
): Promise<LedgerCommand | undefined> => {
  const { periodId, low, high } = pair;
  const documents = [...waitingAgain(pair, casts), ...(await acceptedOf(db, pair.pending))];
  const payables = await payablesOf(db, documents);
  if (payables === undefined) return undefined;
  const onAccount = (await onAccountOf(db, periodId)).filter(
    ({ payer, payee, inRound }) =>
      inRound === undefined && [payer, payee].includes(low) && [payer, payee].includes(high),
  );
  const statements = payables.map((text) => payableStatement.parse(JSON.parse(text)));
  const sums = pairSums(
    low,
    statements.map((statement, at) => [documents[at] ?? '', statement]),
    onAccount,
  );
  const balances = [...sums].map(([currency, { lowOwesMicros }]) => ({
    currency,
    lowOwesMicros,
    blinding: randomBytes(32).toString('hex'),
  }));
  return {
    contract: 'netting',
    transaction: 'close',
    argument: canonicalText(nettingCommands.close, {
      commandId: `close-${periodId}-${round}-${low}-${high}`,
      periodId,
      round,
      low,
      high,
      commitments: balances.map(({ currency, lowOwesMicros, blinding }) => ({
        currency,
        commitment: commitTo({ micros: lowOwesMicros, blinding }),
      })),
    }),
    transient: {
      payables: `[${payables.join(',')}]`,
      balances: sealBody(pairBalances, { periodId, round, low, high, balances }).text,
    },
    endorsers,
    role: 'aaa',
  };
};

export interface PositionScope {
  readonly periodId: string;
  readonly round: number;
  readonly utilityId: string;
  readonly currency: string;
  readonly without: readonly string[];
}

/** What a member's balances come to, computed from its own bodies; nothing when one is not here. */
const openingOf = async (
  db: Db,
  pairs: readonly PairPeriodRecord[],
  { periodId, round, utilityId, currency, without }: PositionScope,
): Promise<BalanceOpening | undefined> => {
  const parts: Signed<BalanceOpening>[] = [];
  for (const pair of pairs) {
    const { low, high } = pair;
    if (low !== utilityId && high !== utilityId) continue;
    if (without.includes(low) || without.includes(high)) continue;
    const isIn = statementOf(pair, round)?.balances.some((each) => each.currency === currency) ?? false;
    if (!isIn) continue;
    const bodies = await balancesOf(db, privateKey.balance(periodId, low, high, round));
    const body = bodies?.balances.find((each) => each.currency === currency);
    if (body === undefined) return undefined;
    const of = { micros: body.lowOwesMicros, blinding: body.blinding };
    parts.push({ sign: low === utilityId ? -1 : 1, of });
  }
  return parts.length === 0 ? undefined : sumOpenings(parts);
};

/** What states a member's position; nothing when it has none or has stated it. */
export const formPosition = async (
  db: Db,
  pairs: readonly PairPeriodRecord[],
  scope: PositionScope,
  stated: PositionRecord | undefined,
): Promise<LedgerCommand | undefined> => {
  const opening = await openingOf(db, pairs, scope);
  if (opening === undefined) return undefined;
  const isStated =
    stated?.netMicros === opening.micros &&
    stated.blinding === opening.blinding &&
    stated.without.join() === scope.without.join();
  if (isStated) return undefined;
  const { periodId, round, utilityId, currency, without } = scope;
  return {
    contract: 'netting',
    transaction: 'position',
    argument: canonicalText(nettingCommands.position, {
      commandId: `position-${periodId}-${round}-${currency}-${utilityId}-${(stated?.version ?? 0) + 1}`,
      periodId,
      round,
      utilityId,
      currency,
      without: [...without],
      netMicros: opening.micros,
      blinding: opening.blinding,
    }),
    role: 'aaa',
  };
};
