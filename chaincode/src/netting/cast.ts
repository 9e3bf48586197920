import {
  carryRecord,
  Commitments,
  NETTING_TIMES,
  nettingIdOf,
  nettingRecord,
  paymentRecord,
  positionRecord,
  stateKey,
  type CarryRecord,
  type NettingRecord,
} from '@roamgrid/wire';
import { mspIdsOf } from '../consortium/agreement.ts';
import { getUtility } from '../consortium/registry.ts';
import type { Transaction } from '../context/index.ts';
import {
  pairsWithout,
  provePositions,
  requireSilent,
  type PairCommitment,
  type Silence,
  type Stated,
} from './prove.ts';
import { settle, type Beside } from './settle.ts';

/** One netting of a round and currency that is about to be written. */
export interface Cast {
  readonly periodId: string;
  readonly round: number;
  readonly currency: string;
  readonly cast: number;
  readonly without: readonly string[];
  /** Members of `without` that need not be silent: they are in default. */
  readonly inDefault: ReadonlySet<string>;
  /** All pairs that closed with a balance in the currency, those of `without` too. */
  readonly allPairs: readonly PairCommitment[];
  /** Pairs that go over to the next round for another reason. */
  readonly carriedPairs: readonly Pick<PairCommitment, 'low' | 'high'>[];
  readonly beside: Beside;
  readonly silence: Silence;
}

const statedPositions = async (
  tx: Transaction,
  { periodId, round, currency }: Pick<Cast, 'periodId' | 'round' | 'currency'>,
): Promise<Omit<Stated, 'pairs'>> => {
  const first = stateKey.position(periodId, round, currency, '');
  const records = await tx.range(positionRecord, first, `${first.slice(0, -1)};`);
  return {
    positions: new Map(records.map((record) => [record.utilityId, record])),
    commitments: new Commitments(),
  };
};

/** Proves the positions of a netting and writes it with its payments, each of which payer and payee endorse from then on. */
export const writeCast = async (tx: Transaction, cast: Cast): Promise<NettingRecord> => {
  const { periodId, round, currency, without, allPairs } = cast;
  const out = new Set(without);
  const pairs = pairsWithout(allPairs, out);
  const stated = await statedPositions(tx, cast);
  for (const utilityId of without) {
    if (!cast.inDefault.has(utilityId)) requireSilent(allPairs, without, utilityId, stated);
  }
  const net = provePositions({ ...stated, pairs }, cast.silence);
  const nettingId = nettingIdOf(periodId, round, currency, cast.cast);
  const { positions, payments } = settle(nettingId, currency, net, cast.beside);
  const leftOut = allPairs.filter(({ low, high }) => out.has(low) || out.has(high));
  const record: NettingRecord = {
    type: 'netting',
    version: 1,
    nettingId,
    periodId,
    round,
    currency,
    cast: cast.cast,
    without: [...without],
    pairs: [...pairs],
    carriedPairs: [...cast.carriedPairs, ...leftOut].map(({ low, high }) => ({ low, high })),
    positions,
    payments,
    dueAtMs: tx.nowMs + NETTING_TIMES.payMs,
    nettedAtMs: tx.nowMs,
  };
  tx.put(nettingRecord, stateKey.netting(nettingId), record);
  for (const payment of payments) {
    const parties = [await getUtility(tx, payment.payer), await getUtility(tx, payment.payee)];
    tx.put(
      paymentRecord,
      stateKey.payment(payment.paymentId),
      {
        type: 'payment',
        version: 1,
        nettingId,
        periodId,
        currency,
        ...payment,
        dueAtMs: record.dueAtMs,
        state: 'due',
        sent: [],
        receipts: [],
      },
      { endorsers: mspIdsOf(parties) },
    );
  }
  return record;
};

export const findCarry = (tx: Transaction, currency: string): Promise<CarryRecord | undefined> =>
  tx.find(carryRecord, stateKey.carry(currency));

/** What members have left over in a currency. */
export const leftOf = (carry: CarryRecord | undefined): ReadonlyMap<string, bigint> =>
  new Map((carry?.left ?? []).map(({ utilityId, carriedMicros }) => [utilityId, carriedMicros]));

/** Writes what is left over now; who has nothing left over does not stand in it. */
export const putCarry = (
  tx: Transaction,
  before: CarryRecord | undefined,
  { currency, nettingId }: Pick<NettingRecord, 'currency' | 'nettingId'>,
  left: ReadonlyMap<string, bigint>,
): void => {
  tx.put(carryRecord, stateKey.carry(currency), {
    type: 'carry',
    version: (before?.version ?? 0) + 1,
    currency,
    nettingId,
    left: [...left]
      .filter(([, carriedMicros]) => carriedMicros !== 0n)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([utilityId, carriedMicros]) => ({ utilityId, carriedMicros })),
  });
};
