import type { JsonValue } from '@roamgrid/wire';
import { MemoryLedger, type Call } from './memory-ledger.ts';
import { call, groundwork } from './parties.ts';
import { Lane, type LaneCall, type SettleOptions } from './lane.ts';
import { closeSession, type ClosedSession, type CloseOptions } from './closed.ts';
import { openSession, type OpenedSession, type OpenOptions } from './opened.ts';

/** Ledgers brought to a point of the story by the verbs themselves. */

export const withGroundwork = async (): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const step of groundwork()) await ledger.submit(call(step));
  return ledger;
};

export const withOpened = async (
  numbers: readonly number[],
  options: OpenOptions = {},
): Promise<{
  readonly ledger: MemoryLedger;
  readonly lane: Lane;
  readonly sessions: readonly OpenedSession[];
}> => {
  const ledger = await withGroundwork();
  const lane = new Lane();
  const sessions = await Promise.all(numbers.map((number) => openSession(number, options)));
  await ledger.submit(call(lane.open(sessions)));
  return { ledger, lane, sessions };
};

/** A ledger with number 1 open, and the call that settles it. */
export const settling = async (
  open: OpenOptions = {},
  close: CloseOptions = {},
  options: SettleOptions = {},
): Promise<{
  readonly ledger: MemoryLedger;
  readonly lane: Lane;
  readonly session: OpenedSession;
  readonly closed: ClosedSession;
  readonly told: LaneCall;
}> => {
  const { ledger, lane, sessions } = await withOpened([1], open);
  const [session] = sessions;
  if (session === undefined) throw new Error('one session was opened');
  const closed = closeSession(session, close);
  return { ledger, lane, session, closed, told: lane.settle('b1', [closed], options) };
};

/** A batch `b1` of two closed sessions, numbers 1 and 2. */
export const withClosed = async (): Promise<{
  readonly ledger: MemoryLedger;
  readonly lane: Lane;
  readonly closed: readonly ClosedSession[];
}> => {
  const { ledger, lane, sessions } = await withOpened([1, 2]);
  const closed = sessions.map((session) => closeSession(session));
  await ledger.submit(call(lane.settle('b1', closed)));
  lane.settled(closed);
  return { ledger, lane, closed };
};

type Parts = Parameters<typeof call>[0];

/** The same call with another caller, command fields, transient data or time. */
export const but = (parts: Parts, change: Partial<Parts>): Call =>
  call({
    ...parts,
    ...change,
    command: { ...parts.command, ...change.command },
    ...((parts.transient ?? change.transient) && { transient: { ...parts.transient, ...change.transient } }),
  });

/** Stores a record as an earlier transaction left it, with some fields changed. */
export const amend = (ledger: MemoryLedger, key: string, change: Record<string, JsonValue>): void => {
  const before = JSON.parse(ledger.state.get(key) ?? '{}') as Record<string, JsonValue>;
  ledger.state.set(key, JSON.stringify({ ...before, ...change }));
};
