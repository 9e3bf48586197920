import { setTimeout as sleep } from 'node:timers/promises';
import type { IdToken } from '../token/read-token.ts';
import type { SimulatedStation } from './simulated-station.ts';

/** What a driver does at a simulated station. */
export interface Visit {
  readonly evse: number;
  readonly token: IdToken;
  readonly milliWh: bigint;
  /** In so many messages of the meter. */
  readonly steps: number;
  readonly pauseMs: number;
}

/** What happened, for who watches. */
export type VisitEvent =
  | { readonly event: 'authorized'; readonly answer: unknown }
  | { readonly event: 'began' | 'ended'; readonly transactionId: string; readonly registerMilliWh: bigint }
  | { readonly event: 'charged'; readonly registerMilliWh: bigint };

/** A driver comes, is asked for, charges where that was accepted, and goes; at once when the signal aborts. */
export const visit = async (
  station: SimulatedStation,
  { evse, token, milliWh, steps, pauseMs }: Visit,
  tell: (event: VisitEvent) => void,
  signal?: AbortSignal,
): Promise<'charged' | 'refused'> => {
  const { isAccepted, answer } = await station.authorize(token);
  tell({ event: 'authorized', answer });
  if (!isAccepted) return 'refused';
  await station.begin(evse, token);
  const transactionId = station.transactionAt(evse) ?? '';
  const isBegun = station.isAcceptedAt(evse) === true;
  tell({ event: 'began', transactionId, registerMilliWh: station.register(evse) });
  // What is left over by the steps flows in the last one.
  for (let step = 1; isBegun && step <= steps && station.transactionAt(evse) !== undefined; step += 1) {
    const isOver = await sleep(pauseMs, false, signal === undefined ? {} : { signal }).catch(() => true);
    if (isOver) break;
    const each = milliWh / BigInt(steps);
    await station.charge(evse, step === steps ? milliWh - each * BigInt(steps - 1) : each);
    tell({ event: 'charged', registerMilliWh: station.register(evse) });
  }
  // The other side may have ended it meanwhile.
  if (station.transactionAt(evse) !== undefined) await station.end(evse, isBegun ? 'driver' : 'revoked');
  tell({ event: 'ended', transactionId, registerMilliWh: station.register(evse) });
  return isBegun ? 'charged' : 'refused';
};
