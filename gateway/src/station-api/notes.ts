import { randomBytes } from 'node:crypto';
import type { MeterReading, SessionNote } from '@roamgrid/wire';

/** What both parties are told of a running session: where its register stands, and how full the car is if it says so. */
export const noteOf = (
  sessionId: string,
  sequence: number,
  { atMs, registerMilliWh }: MeterReading,
  socPpm: number | undefined,
): SessionNote => ({
  sessionId,
  sequence,
  atMs,
  registerMilliWh,
  ...(socPpm !== undefined && { socPpm }),
  salt: randomBytes(32).toString('hex'),
});
