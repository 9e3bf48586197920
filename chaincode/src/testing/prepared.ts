import type { JsonValue } from '@roamgrid/wire';
import { MemoryLedger, type Call } from './memory-ledger.ts';
import { call, groundwork } from './parties.ts';
import {
  closeCall,
  closeSession,
  openCall,
  openSession,
  type ClosedSession,
  type OpenedSession,
} from './sessions.ts';

/** Ledgers brought to a point of the story by the verbs themselves. */

export const withGroundwork = async (): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const step of groundwork()) await ledger.submit(call(step));
  return ledger;
};

export const withOpened = async (
  ids: readonly string[],
): Promise<{ readonly ledger: MemoryLedger; readonly sessions: readonly OpenedSession[] }> => {
  const ledger = await withGroundwork();
  const sessions = await Promise.all(ids.map((id) => openSession(id)));
  await ledger.submit(call(openCall(sessions)));
  return { ledger, sessions };
};

/** A batch `b1` of two closed sessions, numbers 1 and 2. */
export const withClosed = async (): Promise<{
  readonly ledger: MemoryLedger;
  readonly closed: readonly ClosedSession[];
}> => {
  const { ledger, sessions } = await withOpened(['s1', 's2']);
  const closed = sessions.map((session, index) => closeSession(session, index + 1));
  await ledger.submit(call(closeCall('b1', closed)));
  return { ledger, closed };
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
