import type { MemoryLedger } from './memory-ledger.ts';
import { Lane } from './lane.ts';
import { openSession } from './opened.ts';
import { call, HOUR_MS, MSP, NOW_MS } from './parties.ts';
import { withGroundwork } from './prepared.ts';
import { reservation, type ReservationOptions } from './reservations.ts';

/** A ledger on which an outlet is booked from two hours from now on, and what is seen of that. */

export const BOTH = [MSP.USALP, MSP.USDUK];
export const START_MS = NOW_MS + 2 * HOUR_MS;

export const withReservation = async (options: ReservationOptions = {}) => {
  const ledger = await withGroundwork();
  const reserved = await reservation('r1', options);
  const { writes } = await ledger.submit(call(reserved.grant));
  return { ledger, reserved, writes };
};

export const stateOf = (ledger: MemoryLedger, id = 'r1') =>
  (JSON.parse(ledger.state.get(`reservation:${id}`) ?? '{}') as { state?: string }).state;

/** Whose each quarter-hour is, in order. */
export const taken = (ledger: MemoryLedger): readonly (string | undefined)[] =>
  [...ledger.state]
    .filter(([key]) => key.startsWith('slot:'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => (JSON.parse(text) as { reservationId?: string }).reservationId);

/** A session that opened at the outlet a minute after the start, and is on the ledger. */
export const sessionFor = async (ledger: MemoryLedger, options: Parameters<typeof openSession>[1] = {}) => {
  const lane = new Lane();
  const session = await openSession(1, { openedAtMs: START_MS + 60_000, ...options });
  await ledger.submit(call({ ...lane.open([session]), nowMs: START_MS + 61_000 }));
  return { lane, session };
};
