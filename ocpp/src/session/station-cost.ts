import type { BillSummary } from '@roamgrid/wire';
import type { DueEnd } from '../store/ends.ts';
import { noteCostDifference } from '../store/cost-differences.ts';
import { transactionById } from '../store/transactions.ts';
import type { DeskContext } from './context.ts';

/** Stations show two decimals: what rounds to the same is the same. */
const CENT_MICROS = 10_000n;

const isFar = (one: bigint, other: bigint): boolean => {
  const apart = one - other;
  return apart > CENT_MICROS || -apart > CENT_MICROS;
};

/** A station may calculate by itself what its driver pays, and show it. It is billed from our rating; where the two differ, it is noted. */
export const compareCost = async (
  { db, clock, logger }: Pick<DeskContext, 'db' | 'clock' | 'logger'>,
  { sessionId, transactionId, stationId, evseId }: DueEnd,
  { totalMicros: billedMicros, currency }: Pick<BillSummary, 'totalMicros' | 'currency'>,
): Promise<void> => {
  const said = (await transactionById(db, transactionId))?.body.stationCost;
  if (said?.totalMicros === undefined) return;
  if (said.currency === currency && !isFar(said.totalMicros, billedMicros)) return;
  const difference = { sessionId, stationId, evseId, currency, billedMicros };
  await noteCostDifference(db, {
    ...difference,
    saidMicros: said.totalMicros,
    saidCurrency: said.currency,
    notedAtMs: clock.wallMs(),
  });
  logger.warn(
    { ...difference, saidMicros: said.totalMicros, saidCurrency: said.currency },
    'a station calculates another cost than is billed',
  );
};
