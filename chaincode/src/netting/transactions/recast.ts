import {
  defaultRecord,
  NETTING_TIMES,
  nettingRecord,
  onAccountRecord,
  pairOf,
  paymentRecord,
  stateKey,
  type DefaultRecord,
  type nettingCommands,
  type NettingRecord,
  type PaymentRecord,
} from '@roamgrid/wire';
import { mspIdsOf } from '../../consortium/agreement.ts';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, type Transaction, type Verb } from '../../context/index.ts';
import { findCarry, leftOf, putCarry, writeCast } from '../cast.ts';
import { Nettings } from '../pair.ts';
import { requireActing, requireOrdered } from '../period.ts';
import { standing, type Standing } from '../standing.ts';

const paymentsOf = async (
  tx: Transaction,
  casts: readonly NettingRecord[],
): Promise<readonly PaymentRecord[]> => {
  const payments: PaymentRecord[] = [];
  for (const { payments: listed } of casts) {
    for (const { paymentId } of listed)
      payments.push(await tx.get(paymentRecord, stateKey.payment(paymentId)));
  }
  return payments;
};

/** What was said about members that did not pay, in any cast of the netting. */
const defaultsOf = async (
  tx: Transaction,
  casts: readonly NettingRecord[],
  without: readonly string[],
): Promise<ReadonlyMap<string, DefaultRecord>> => {
  const found = new Map<string, DefaultRecord>();
  for (const { nettingId } of casts) {
    for (const utilityId of without) {
      const record = await tx.find(defaultRecord, stateKey.default(nettingId, utilityId));
      if (record !== undefined) found.set(utilityId, record);
    }
  }
  return found;
};

const putOnAccount = async (
  tx: Transaction,
  { periodId, currency }: NettingRecord,
  { onAccount }: Standing,
): Promise<void> => {
  for (const { paymentId, payer, payee, amountMicros } of onAccount) {
    const { low, high } = pairOf(payer, payee);
    const key = stateKey.onAccount(low, high, paymentId);
    // An earlier cast put it there: nothing more can have come since.
    if ((await tx.find(onAccountRecord, key)) !== undefined) continue;
    const endorsers = mspIdsOf([await getUtility(tx, payer), await getUtility(tx, payee)]);
    tx.put(
      onAccountRecord,
      key,
      { type: 'onAccount', version: 1, paymentId, periodId, currency, payer, payee, amountMicros },
      { endorsers },
    );
  }
};

/** What is left over, with what the replaced netting took from it and gave to it taken back. */
const restored = (
  left: ReadonlyMap<string, bigint>,
  replaced: NettingRecord,
  next: NettingRecord,
): ReadonlyMap<string, bigint> => {
  const all = new Map(left);
  const add = (utilityId: string, micros: bigint): void => {
    all.set(utilityId, (all.get(utilityId) ?? 0n) + micros);
  };
  for (const { utilityId, broughtMicros, carriedMicros } of replaced.positions)
    add(utilityId, broughtMicros - carriedMicros);
  for (const { utilityId, carriedMicros } of next.positions) add(utilityId, carriedMicros);
  return all;
};

/**
 * Nets a round anew without members that did not pay. Payments between the others that were begun stand; the rest of their
 * positions is paid by new ones. The pairs of a member in default net again in the next round, with what it had paid or got
 * on account: its default falls on those who dealt with it, not on whom the netting let it pay.
 */
export const recast: Verb<typeof nettingCommands.recast> = async (tx, { utilityId, nettingId, without }) => {
  await requireActing(tx, utilityId);
  requireOrdered(without);
  const replaced = await tx.get(nettingRecord, stateKey.netting(nettingId));
  const { periodId, round, currency } = replaced;
  const casts = await new Nettings(tx).casts(periodId, round, currency);
  ensure(
    casts.length === replaced.cast,
    'WRONG_STATE',
    `${nettingId} was netted anew: ${casts.at(-1)?.nettingId ?? ''} is what holds`,
  );
  ensure(
    replaced.without.every((each) => without.includes(each)) && without.length > replaced.without.length,
    'INVALID_ARGUMENT',
    'without names those that the netting went on without already, and at least one more',
  );
  const defaults = await defaultsOf(tx, casts, without);
  const newOnes = without.filter((each) => !replaced.without.includes(each));
  const saidAtMs = Math.max(0, ...newOnes.map((each) => defaults.get(each)?.saidAtMs ?? 0));
  ensure(
    newOnes.some((each) => defaults.has(each)),
    'WRONG_STATE',
    `of ${newOnes.join(', ')} nobody is said to be in default`,
  );
  const untilMs = saidAtMs + NETTING_TIMES.positionMs;
  const isOver = tx.nowMs > untilMs;
  ensure(
    isOver || newOnes.every((each) => defaults.has(each)),
    'WRONG_STATE',
    `nobody that is not in default is gone on without before ${untilMs}`,
  );

  const stands = standing(await paymentsOf(tx, casts), new Set(without));
  const record = await writeCast(tx, {
    periodId,
    round,
    currency,
    cast: replaced.cast + 1,
    without,
    inDefault: new Set([...replaced.without, ...defaults.keys()]),
    allPairs: replaced.pairs,
    carriedPairs: replaced.carriedPairs,
    beside: { brought: new Map(), stood: stands.stood },
    silence: { isOver, untilMs },
  });
  await putOnAccount(tx, record, stands);
  const carry = await findCarry(tx, currency);
  putCarry(tx, carry, record, restored(leftOf(carry), replaced, record));
};
