import type { StatusReport } from '../model/reports.ts';
import type { DeskTimes } from './context.ts';
import { LIVE_MS } from './message-time.ts';
import type { StationTransaction } from './transaction.ts';

/** No car is there. */
export const isFree = ({ state }: Pick<StatusReport, 'state'>): boolean =>
  state === 'available' || state === 'reserved';

interface Said {
  /** When the station says so, by the gateway's clock. */
  readonly saidAtMs: number;
  readonly wallMs: number;
  readonly times: Pick<DeskTimes, 'resumeMs' | 'silentMs'>;
}

/**
 * A transaction at an outlet whose state is told. That the outlet is free says that it is over and its end was lost, or comes later:
 * statuses overtake what a station kept while it was offline. Whatever is told of it afterwards, or that it charges, takes that back.
 */
export const withStatus = (
  transaction: StationTransaction,
  report: StatusReport,
  { saidAtMs, wallMs, times }: Said,
): StationTransaction => {
  const { isCharging } = report;
  const { freeSinceMs, ...body } = transaction.body;
  if (isCharging === true && freeSinceMs !== undefined)
    return { ...transaction, closeAtMs: wallMs + times.silentMs, body: { ...body, isCharging } };
  const isFreeNow = isFree(report) && freeSinceMs === undefined && saidAtMs >= body.lastAtMs - LIVE_MS;
  const isSame = isCharging === undefined || isCharging === body.isCharging;
  if (!isFreeNow && isSame) return transaction;
  return {
    ...transaction,
    ...(isFreeNow && { closeAtMs: Math.min(transaction.closeAtMs ?? Infinity, wallMs + times.resumeMs) }),
    body: {
      ...transaction.body,
      ...(isCharging !== undefined && { isCharging }),
      ...(isFreeNow && { freeSinceMs: wallMs }),
    },
  };
};
