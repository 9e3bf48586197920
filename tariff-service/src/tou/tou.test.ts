import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createZone } from '../time/zone.ts';
import { readTouRate } from './read-tou.ts';

const FOLDER = join(import.meta.dirname, '../../../data/tariffs');
const ZONE = createZone('America/Los_Angeles');
const read = (json: unknown) => readTouRate(JSON.stringify(json), ZONE);

const season = (id: string, from: string, to: string, days: string, tariffs: readonly number[]) => ({
  id,
  effective_start: from,
  effective_end: to,
  dow_mask: days,
  times: [0, 8.5, 21].slice(0, tariffs.length),
  tariffs,
  demand_charge: 15.5,
});

/** Two seasons that go over the turn of the year, the way acnportal writes them. */
const SEASONS = {
  name: 'made up',
  schedule: [
    season('summer week', '06-01', '9-30', 'WEEKDAYS', [0.1, 0.30001, 0.1]),
    season('summer weekend', '06-01', '9-30', 'WEEKENDS', [0.05]),
    season('winter', '10-01', '5-31', 'ALL', [0.08, 0.12, 0.08]),
  ],
};

describe('what electricity costs a site by time', () => {
  it('reads every shipped rate of the utility rate database', () => {
    for (const name of readdirSync(FOLDER)) {
      const rate = readTouRate(readFileSync(join(FOLDER, name), 'utf8'), ZONE);
      assert.ok(rate.ok, name);
      assert.ok(rate.value.energyMicrosPerKWh(Date.UTC(2026, 6, 1)) > 0n, name);
    }
  });

  it('takes price and peak charge of the local hour and month', () => {
    const rate = readTouRate(readFileSync(join(FOLDER, 'urdb_sce_tou-ev-9.json'), 'utf8'), ZONE);
    assert.ok(rate.ok);
    // A Wednesday of January and of July, 17:30 local: mid-peak 0.38009 + 0.00216, on-peak 0.51108 + 0.00216.
    assert.equal(rate.value.energyMicrosPerKWh(Date.parse('2026-01-14T17:30:00-08:00')), 382_250n);
    assert.equal(rate.value.energyMicrosPerKWh(Date.parse('2026-07-15T17:30:00-07:00')), 513_240n);
    const sdge = readTouRate(readFileSync(join(FOLDER, 'urdb_sdge_ev-hp.json'), 'utf8'), ZONE);
    assert.deepEqual(sdge.ok && sdge.value.peakMicrosPerKW(Date.parse('2026-08-01T06:00:00Z')), {
      month: '2026-07',
      micros: 4_834_000n,
    });
  });

  it('reads seasons: half hours, weekends, over the turn of the year', () => {
    const rate = read(SEASONS);
    assert.ok(rate.ok);
    const at = (text: string): bigint => rate.value.energyMicrosPerKWh(Date.parse(text));
    assert.equal(at('2026-07-15T08:29:00-07:00'), 100_000n);
    assert.equal(at('2026-07-15T08:30:00-07:00'), 300_010n);
    assert.equal(at('2026-07-18T12:00:00-07:00'), 50_000n);
    assert.equal(at('2026-09-30T23:00:00-07:00'), 100_000n);
    assert.equal(at('2026-01-01T09:00:00-08:00'), 120_000n);
    assert.deepEqual(rate.value.notes, []);
    assert.equal(rate.value.peakMicrosPerKW(0).micros, 15_500_000n);
  });

  it('takes the earlier of two seasons that overlap, and says so; a gap is refused', () => {
    const [week, weekend, winter] = SEASONS.schedule;
    const twice = read({ name: 'x', schedule: [week, weekend, winter, { ...winter, tariffs: [9, 9, 9] }] });
    assert.ok(twice.ok);
    assert.equal(twice.value.energyMicrosPerKWh(Date.parse('2026-01-01T09:00:00-08:00')), 120_000n);
    assert.match(twice.value.notes[0] ?? '', /two seasons hold/u);
    const gap = read({ name: 'x', schedule: [week, winter] });
    assert.ok(!gap.ok && /no season holds/u.test(gap.error.message));
  });

  it('refuses what it cannot price, in words', () => {
    for (const [json, message] of [
      [{}, /neither/u],
      [{ name: 'x', schedule: [{ ...SEASONS.schedule[0], times: [0] }] }, /as many prices/u],
      [{ name: 'x', schedule: [{ ...SEASONS.schedule[0], tariffs: [-1, 0, 0] }] }, /not a price/u],
      [{ name: 'x', schedule: [{ ...SEASONS.schedule[0], effective_end: '9' }] }, /no MM-DD/u],
    ] as const) {
      const rate = read(json);
      assert.ok(!rate.ok && message.test(rate.error.message), JSON.stringify(rate));
    }
    assert.ok(!readTouRate('{', ZONE).ok);
  });
});
