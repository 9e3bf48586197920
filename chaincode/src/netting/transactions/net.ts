import {
  NETTING_TIMES,
  pairPeriodRecord,
  periodRecord,
  returnedOf,
  stateKey,
  statementOf,
  type nettingCommands,
  type PairPeriodRecord,
} from '@roamgrid/wire';
import { ensure, type Transaction, type Verb } from '../../context/index.ts';
import { findCarry, leftOf, putCarry, writeCast } from '../cast.ts';
import { Nettings } from '../pair.ts';
import { getCalled, requireActing, requireOrdered } from '../period.ts';
import type { PairCommitment } from '../prove.ts';

type PairOnly = Pick<PairPeriodRecord, 'low' | 'high'>;

interface RoundPairs {
  readonly byCurrency: ReadonlyMap<string, readonly PairCommitment[]>;
  /** Pairs with something to net that did not close. */
  readonly open: readonly PairOnly[];
}

/** All pairs of a period, read as one range: none can be left out without being named, and none can appear meanwhile. */
const pairsOf = async (tx: Transaction, periodId: string, round: number): Promise<RoundPairs> => {
  const first = stateKey.pairPeriod(periodId, '', '').slice(0, -1);
  const all = await tx.range(pairPeriodRecord, first, `${first.slice(0, -1)};`);
  const nettings = new Nettings(tx);
  const byCurrency = new Map<string, PairCommitment[]>();
  const open: PairOnly[] = [];
  for (const pair of all) {
    const { low, high, pending } = pair;
    const statement = statementOf(pair, round);
    if (statement === undefined) {
      const waits =
        pending.length > 0 || returnedOf(pair, await nettings.latestOf(pair)).documents.length > 0;
      if (waits) open.push({ low, high });
      continue;
    }
    for (const { currency, commitment } of statement.balances)
      byCurrency.set(currency, [...(byCurrency.get(currency) ?? []), { low, high, commitment }]);
  }
  return { byCurrency: new Map([...byCurrency].sort(([one], [other]) => (one < other ? -1 : 1))), open };
};

/**
 * Nets a round of a period: one netting a currency. Every pair that has documents is in, or is named as carried over, which
 * its silence alone can make it; every position is proven by the pairs' commitments; the payments follow.
 */
export const net: Verb<typeof nettingCommands.net> = async (tx, { utilityId, periodId, round, without }) => {
  await requireActing(tx, utilityId);
  requireOrdered(without);
  const period = await getCalled(tx, periodId, round);
  const { byCurrency, open } = await pairsOf(tx, periodId, round);
  const closeUntilMs = period.fromMs + NETTING_TIMES.closeMs;
  ensure(
    open.length === 0 || tx.nowMs > closeUntilMs,
    'WRONG_STATE',
    `${open.map(({ low, high }) => `${low} and ${high}`).join(', ')} did not close round ${round} of ${periodId}: they have until ${closeUntilMs}`,
  );
  const untilMs = closeUntilMs + NETTING_TIMES.positionMs;
  const silence = { isOver: tx.nowMs > untilMs, untilMs };
  ensure(
    without.length === 0 || silence.isOver,
    'WRONG_STATE',
    `nobody is gone on without before ${untilMs}`,
  );
  for (const [currency, allPairs] of byCurrency) {
    const carry = await findCarry(tx, currency);
    const record = await writeCast(tx, {
      periodId,
      round,
      currency,
      cast: 1,
      without,
      inDefault: new Set(),
      allPairs,
      carriedPairs: open,
      beside: { brought: leftOf(carry), stood: new Map() },
      silence,
    });
    const left = new Map(record.positions.map(({ utilityId: id, carriedMicros }) => [id, carriedMicros]));
    putCarry(tx, carry, record, left);
  }
  tx.put(periodRecord, stateKey.period(periodId), {
    ...period,
    version: period.version + 1,
    state: 'netted',
  });
};
