import type { Site5Seen } from '../site-5.ts';

type Spoil = (seen: Site5Seen) => Site5Seen;

/** Each reading, once with what would be wrong. */
const SPOILS: Readonly<Record<string, Spoil>> = {
  why: (seen) => ({ ...seen, denied: { ...seen.denied, why: 'OUTLET_TAKEN' } }),
  others: (seen) => ({ ...seen, denied: { ...seen.denied, others: [...seen.denied.others].reverse() } }),
  after: (seen) => ({ ...seen, afterTask: { ...seen.afterTask, outcome: 'granted' } }),
  afterStart: (seen) => ({ ...seen, afterTask: { ...seen.afterTask, fromMs: seen.afterTask.askedMs } }),
  afterEnd: (seen) => ({ ...seen, afterTask: { ...seen.afterTask, untilMs: seen.afterTask.untilMs - 1 } }),
  moved: (seen) => ({ ...seen, moved: { ...seen.moved, outcome: 'granted' } }),
  movedRuns: (seen) => ({ ...seen, moved: { ...seen.moved, runs: seen.moved.runs.slice(0, 1) } }),
  movedWhere: (seen) => ({
    ...seen,
    moved: { ...seen.moved, runs: seen.moved.runs.map((run) => ({ ...run, stationId: 's3' })) },
  }),
  offered: (seen) => ({ ...seen, slow: { ...seen.slow, offeredW: '40000' } }),
  duration: (seen) => ({ ...seen, slow: { ...seen.slow, durationMs: seen.slow.durationMs + 1 } }),
  price: (seen) => ({ ...seen, slow: { ...seen.slow, priceMicros: '0' } }),
  keptBefore: (seen) => ({ ...seen, slow: { ...seen.slow, keptBefore: 1 } }),
  accepted: (seen) => ({ ...seen, slow: { ...seen.slow, accepted: { ...seen.slow.accepted, powerW: '1' } } }),
  declined: (seen) => ({ ...seen, slow: { ...seen.slow, keptAfterDeclining: 1 } }),
  state: (seen) => ({ ...seen, ledger: { ...seen.ledger, state: 'expired' } }),
  home: (seen) => ({ ...seen, ledger: { ...seen.ledger, atHome: '{}' } }),
  beyond: (seen) => ({ ...seen, beyond: 'booked' }),
  twice: (seen) => ({
    ...seen,
    tries: {
      ...seen.tries,
      asked: seen.tries.asked + 1,
      booked: [...seen.tries.booked, ...seen.tries.booked.slice(0, 1)],
    },
  }),
  lost: (seen) => ({ ...seen, tries: { ...seen.tries, denied: seen.tries.denied.slice(1) } }),
  wronglyDenied: (seen) => ({
    ...seen,
    tries: {
      ...seen.tries,
      booked: [],
      denied: [
        ...seen.tries.denied,
        ...seen.tries.booked.map(({ fromMs, untilMs }) => ({ fromMs, untilMs })),
      ],
    },
  }),
};

/** What was seen of bookings, spoiled in each way. */
export const spoiledBookings = (seen: Site5Seen): readonly Site5Seen[] =>
  Object.values(SPOILS).map((spoil) => spoil(seen));
