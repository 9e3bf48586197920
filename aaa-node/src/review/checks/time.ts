import { LEDGER_LIMITS, MAX_PLANNED_MS } from '@roamgrid/wire';
import { endsOf, type Check } from '../record.ts';

/** The session begins after it was opened, lasts some time and no longer than any may, and is over. */
export const time: Check = (record, { nowMs }) => {
  const [first, last] = endsOf(record);
  const { openedAtMs } = record.settled.open;
  const { clockSkewMs } = LEDGER_LIMITS;
  const wrongs: readonly (readonly [boolean, string])[] = [
    [first.atMs >= last.atMs, 'the session lasts no time'],
    [first.atMs < openedAtMs - clockSkewMs, 'the meter began before the session opened'],
    [last.atMs > nowMs + clockSkewMs, 'the session ends in the future'],
    [last.atMs - first.atMs > MAX_PLANNED_MS, 'the session lasts longer than any may'],
  ];
  const wrong = wrongs.find(([holds]) => holds);
  if (wrong === undefined) return undefined;
  return {
    reason: 'TIME',
    statement: wrong[1],
    figures: {
      openedAtMs: openedAtMs.toString(),
      startMs: first.atMs.toString(),
      endMs: last.atMs.toString(),
      nowMs: nowMs.toString(),
    },
  };
};
