import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSite5 } from './is-site-5.ts';
import { liveSite5, type Site5Seen } from './site-5.ts';

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

describe('a driver books at a station that shares its power (SITE-5)', function () {
  this.timeout(240_000);
  let folder: string;
  let seen: Site5Seen;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'site-5-'));
    seen = await liveSite5(folder);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is denied, granted, moved and slow as the row says, on two utilities’ ledger, from his own utility’s API', () => {
    assert.ok(isSite5(JSON.parse(JSON.stringify(seen)) as Site5Seen), JSON.stringify(seen, undefined, 1));
  });

  it('would not hold if any reading were another', () => {
    for (const [name, spoil] of Object.entries(SPOILS)) assert.ok(!isSite5(spoil(seen)), name);
  });
});
