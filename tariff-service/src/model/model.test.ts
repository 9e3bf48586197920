import assert from 'node:assert/strict';
import { syntheticLoadCsv } from '../backtest/synthetic.ts';
import { backtest, type Backtest } from '../backtest/backtest.ts';
import { loadCsv } from '../data/load-csv.ts';
import { createZone, formatDay, parseDay } from '../time/zone.ts';
import { holidaysOf } from './holidays.ts';
import { NormalEquations } from './normal-equations.ts';
import { ConformalQuantiles, QUANTILE_LEVELS } from './quantiles.ts';
import { seededChance } from '@roamgrid/domain/chance';
import { binEdges, binTable, fitTrees, predictTrees } from './trees.ts';

describe('ridge by normal equations', () => {
  it('finds the coefficients that made noiseless data, and fades old samples', () => {
    const random = seededChance(1);
    const equations = new NormalEquations(3);
    const sample = (a: number, b: number, c: number): void => {
      const features = Float64Array.of(1, random(), random() * 100);
      equations.add(features, 0, a + b * (features[1] ?? 0) + c * (features[2] ?? 0), 1);
    };
    for (let count = 0; count < 200; count++) sample(5, -2, 0.3);
    const solve = (): number[] =>
      [...equations.solve(1e-9, new Float64Array(3))].map((value) => Math.round(value * 1e3) / 1e3);
    assert.deepEqual(solve(), [5, -2, 0.3]);
    equations.fade(1e-9);
    for (let count = 0; count < 200; count++) sample(1, 4, -0.1);
    assert.deepEqual(solve(), [1, 4, -0.1]);
  });
});

describe('boosted trees', () => {
  it('learn an interaction that no line can, and are the same for the same seed', () => {
    const random = seededChance(2);
    const rows = 4000;
    const values = Float64Array.from({ length: rows * 2 }, () => random());
    const truth = (row: number): number =>
      (values[row * 2] ?? 0) > 0.5 === (values[row * 2 + 1] ?? 0) > 0.3 ? 1 : -1;
    const targets = Float64Array.from({ length: rows }, (_, row) => truth(row) + random() - 0.5);
    const edges = binEdges(values, rows, 2);
    const settings = {
      trees: 80,
      depth: 3,
      learningRate: 0.2,
      minLeafRows: 20,
      ridge: 1,
      rowShare: 0.7,
      columnShare: 1,
      seed: 5,
    };
    const fit = () =>
      fitTrees(binTable(values, rows, 2, edges), edges, targets, new Float64Array(rows).fill(1), settings);
    const model = fit();
    const right = Array.from(
      { length: rows },
      (_, row) => Math.sign(predictTrees(model, values, row * 2)) === truth(row),
    );
    assert.ok(right.filter(Boolean).length > 0.97 * rows);
    assert.deepEqual(fit(), model);
  });
});

describe('conformal quantiles', () => {
  it('never cross, and cover as they say even after the errors have doubled', () => {
    const random = seededChance(3);
    const quantiles = new ConformalQuantiles(24);
    const weights = new Float64Array(24).fill(1);
    let inside = 0;
    let count = 0;
    for (let day = 0; day < 500; day++) {
      const issued = day < 8 ? undefined : quantiles.issue();
      const residuals = Float64Array.from(
        { length: 24 },
        () => (random() + random() - 1) * (day < 200 ? 1 : 2),
      );
      if (issued !== undefined) {
        for (let at = 1; at < issued.length; at++)
          if (at % QUANTILE_LEVELS.length !== 0) assert.ok((issued[at] ?? 0) >= (issued[at - 1] ?? 0));
        if (day >= 200)
          residuals.forEach((value, slot) => {
            count++;
            const from = slot * QUANTILE_LEVELS.length;
            if (value >= (issued[from + 1] ?? 0) && value <= (issued[from + 17] ?? 0)) inside++;
          });
      }
      quantiles.observe(residuals, weights, issued);
    }
    assert.ok(Math.abs(inside / count - 0.8) < 0.03, `covered ${inside / count}`);
  });
});

describe('holidays', () => {
  it('follow from the zone, for those days that the place keeps', () => {
    const year = parseDay('2018-01-01') ?? 0;
    const names = holidaysOf('auto', 'America/New_York', year, year + 364);
    assert.equal(names?.get(parseDay('2018-11-22') ?? 0), 'Thanksgiving Day');
    assert.equal(
      holidaysOf('US-NC', 'America/New_York', year, year + 364)?.has(parseDay('2018-03-30') ?? 0),
      true,
    );
    assert.equal(holidaysOf('ZZ', 'America/New_York', year, year + 364), undefined);
  });

  it('of the moon have their whole days, without the evening before and without half a day after', () => {
    const [first, last] = [parseDay('2026-03-18') ?? 0, parseDay('2026-03-25') ?? 0];
    for (const place of ['TR', 'EG'])
      assert.deepEqual(
        [...(holidaysOf(place, 'UTC', first, last)?.keys() ?? [])]
          .filter((day) => day >= first && day <= last)
          .map(formatDay),
        ['2026-03-20', '2026-03-21', '2026-03-22'],
        place,
      );
  });
});

describe('the forecaster', () => {
  const zone = createZone('Europe/London');
  const run = (change: (line: string, index: number) => string): Backtest => {
    const csv = syntheticLoadCsv({
      days: 120,
      stepMinutes: 60,
      firstDayUtc: '2021-03-01',
      seed: 11,
      noise: 0.01,
    });
    const [header = '', ...lines] = csv.trim().split('\n');
    const loaded = loadCsv(Buffer.from([header, ...lines.map(change)].join('\n')), zone, {
      timeColumn: 'time_utc',
      label: 'start',
      valueColumn: 'load_mw',
      temperatureColumn: 'temperature_c',
      bareStamps: 'local',
    });
    if (!loaded.ok) assert.fail(loaded.error.message);
    const span = { fromDay: parseDay('2021-06-14') ?? 0, toDay: parseDay('2021-06-27') ?? 0 };
    const done = backtest(loaded.value, {
      ...span,
      gateMinutes: 720,
      holidays: 'none',
      temperatureMode: 'actual',
      usePublished: false,
    });
    if (!done.ok) assert.fail(done.error.message);
    return done.value;
  };

  it('comes near the noise of a made-up load and well under the weekly naive', () => {
    const { scores } = run((line) => line);
    assert.ok(scores.mapePercent < 1.5, `error ${scores.mapePercent} where the noise alone gives 0.8`);
    assert.ok(scores.maseWeeklyNaive < 0.75);
    assert.equal(scores.scored, 14 * 24);
  });

  it('falls back to the level-adjusted weekly naive while most of the last week is missing, and returns from it', () => {
    const { rows, naiveDays } = run((line) => {
      const [time = '', , temperature = ''] = line.split(',');
      return time >= '2021-06-08' && time < '2021-06-15' ? `${time},,${temperature}` : line;
    });
    assert.ok(naiveDays >= 2 && naiveDays <= 6, `${naiveDays} days`);
    assert.equal(rows[0]?.method, 'naive');
    assert.equal(rows.at(-1)?.method, 'ensemble');
    assert.ok(rows.every((row) => row.point > 2000 && row.point < 12_000));
  });

  it('stands loads that idle at zero or turn negative', () => {
    const { rows, scores } = run((line, index) => {
      const [time = '', load = '', temperature = ''] = line.split(',');
      return `${time},${(index % 24 < 6 ? 0 : Number(load) - 5000).toFixed(2)},${temperature}`;
    });
    assert.ok(rows.every((row) => Number.isFinite(row.point) && row.quantiles.every(Number.isFinite)));
    assert.ok(scores.maseWeeklyNaive < 1);
  });
});
