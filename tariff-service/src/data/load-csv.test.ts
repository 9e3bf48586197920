import assert from 'node:assert/strict';
import { createZone } from '../time/zone.ts';
import { CELL, cleanLoad } from './clean.ts';
import { buildDayGrid, intervalsOf, slotsEndedBy } from './day-grid.ts';
import { type CsvOptions, loadCsv, type LoadedData } from './load-csv.ts';

const newYork = createZone('America/New_York');
const base: CsvOptions = { timeColumn: 'time', label: 'start', valueColumn: 'load', bareStamps: 'local' };

function hourly(
  fromUtc: string,
  hours: number,
  value: (index: number) => number | string = (index) => 1000 + (index % 24),
): string[] {
  const start = Date.parse(fromUtc);
  return Array.from(
    { length: hours },
    (_, index) => `${new Date(start + index * 3_600_000).toISOString()},${value(index)}`,
  );
}

function load(lines: readonly string[], options: Partial<CsvOptions> = {}, zone = newYork): LoadedData {
  const loaded = loadCsv(Buffer.from(['time,load', ...lines].join('\n')), zone, { ...base, ...options });
  if (!loaded.ok) assert.fail(`${loaded.error.code} ${loaded.error.message}`);
  return loaded.value;
}

describe('a load file', () => {
  it('is the same series whether its stamps mark starts or ends, hourly, half-hourly or quarter-hourly', () => {
    for (const minutes of [15, 30, 60]) {
      const rows = (shift: number): string[] =>
        Array.from({ length: 20 * 24 * (60 / minutes) }, (_, index) => {
          const ms = Date.parse('2019-01-01T05:00:00Z') + (index + shift) * minutes * 60_000;
          return `${new Date(ms).toISOString()},${index}`;
        });
      const [starts, ends] = [load(rows(0)), load(rows(1), { label: 'end' })];
      assert.equal(ends.series.startMs, starts.series.startMs);
      assert.deepEqual(ends.series.load, starts.series.load);
      assert.equal(starts.series.stepMinutes, minutes);
    }
  });

  it('says line by line what is wrong, uses the rest, and refuses the file when the mapping must be wrong', () => {
    const lines = hourly('2019-01-01T05:00:00Z', 24 * 20);
    lines[3] = 'yesterday,1000';
    lines[5] = '2019-01-01T10:00:00Z,much';
    lines[7] = '2019-01-01T12:00:00Z,1,2';
    const { report } = load(lines);
    assert.deepEqual(
      report.firstErrors.map(({ line, code }) => [line, code]),
      [
        [5, 'BAD_TIME'],
        [7, 'BAD_VALUE'],
        [9, 'FIELD_COUNT'],
      ],
    );
    assert.equal(report.missing, 3);
    const codeOf = (text: string, options: Partial<CsvOptions> = {}): string => {
      const loaded = loadCsv(Buffer.from(text), newYork, { ...base, ...options });
      return loaded.ok ? 'accepted' : loaded.error.code;
    };
    const file = ['time,load', ...hourly('2019-01-01T05:00:00Z', 24 * 20)].join('\n');
    assert.equal(codeOf(file, { valueColumn: 'mw' }), 'NO_COLUMN');
    assert.equal(codeOf(file, { timeColumn: 'load' }), 'TOO_MANY_BAD_ROWS');
    assert.equal(codeOf(file, { qualityColumn: 'load' }), 'BAD_OPTION');
    assert.equal(codeOf('time,load\n'), 'EMPTY_FILE');
    assert.equal(codeOf('time,load\n"2019,1\n'), 'MALFORMED_CSV');
    assert.equal(codeOf(file.replaceAll('Z,', 'Z,x')), 'TOO_MANY_BAD_ROWS');
    assert.equal(codeOf(file.split('\n').slice(0, 200).join('\n')), 'TOO_SHORT');
    assert.equal(
      codeOf(
        `time,load\n${Array.from({ length: 400 }, (_, hour) => `1/2/2019 ${hour % 24}:00,1`).join('\n')}`,
      ),
      'BAD_OPTION',
    );
  });

  it('is refused without a step, and when one stamp is centuries away; what no clock shows is told by its line', () => {
    const refusal = (lines: readonly string[]): string => {
      const loaded = loadCsv(Buffer.from(['time,load', ...lines].join('\n')), newYork, base);
      return loaded.ok ? 'accepted' : `${loaded.error.code} ${loaded.error.message}`;
    };
    const lines = hourly('2019-01-01T05:00:00Z', 24 * 20);
    const everyTwoHours = lines.filter((_, index) => index % 2 === 0);
    assert.match(refusal(everyTwoHours), /^NO_STEP the stamps show no regular step/);
    assert.match(
      refusal([...lines, '2400-01-01T05:00:00Z,1']),
      /^NO_STEP the stamps span more than 3 million/,
    );
    const spring = Array.from({ length: 24 * 20 }, (_, hour) => {
      const local = new Date(Date.UTC(2019, 2, 1) + hour * 3_600_000).toISOString().slice(0, 16);
      return `${local},1`;
    });
    const { report } = load(spring);
    assert.deepEqual(
      report.firstErrors.map(({ line, code }) => [line, code]),
      [[220, 'NO_SUCH_LOCAL_TIME']],
    );
  });

  it('reports gaps and duplicates and lets the later of two rows count', () => {
    const lines = hourly('2019-01-01T05:00:00Z', 24 * 20);
    lines.splice(100, 6);
    lines.push('2019-01-02T05:00:00Z,7777', '2019-01-02T06:00:00Z,');
    const { series, report } = load(lines);
    assert.deepEqual(report.gaps, [{ fromUtc: '2019-01-05T09:00:00.000Z', intervals: 6 }]);
    assert.deepEqual([report.duplicates, report.conflictingDuplicates], [2, 1]);
    assert.equal(series.load[24], 7777);
    assert.equal(series.load[25], 1001);
  });

  it('reads bare stamps as local clock time and tells the two passes of the autumn hour apart', () => {
    const lines: string[] = [];
    for (let ms = Date.parse('2018-10-25T04:00:00Z'), index = 0; index < 24 * 20; ms += 3_600_000, index++) {
      const local = new Date(ms + newYork.offsetMs(ms)).toISOString().slice(0, 16).replace('T', ' ');
      lines.push(`${local},${index}`);
    }
    const { series, report } = load(lines);
    assert.equal(report.duplicates, 0);
    assert.equal(report.ambiguousStamps, 2);
    assert.deepEqual(
      [...series.load],
      Array.from({ length: 480 }, (_, index) => index),
    );
    const utc = load(lines, { bareStamps: 'utc' });
    assert.equal(utc.series.startMs, Date.parse('2018-10-25T00:00:00Z'));
  });

  it('reads bare end labels right around both transitions, whichever way the file writes them', () => {
    const spring = (labels: readonly string[]): LoadedData => {
      const before = Array.from({ length: 24 * 16 }, (_, index) => {
        const ms = Date.UTC(2019, 1, 22, 1) + index * 3_600_000;
        return `${new Date(ms).toISOString().slice(0, 16)},1`;
      }).filter((line) => line < '2019-03-10T01:30');
      return load([...before, ...labels.map((label, index) => `2019-03-10T${label}:00,${index + 10}`)], {
        label: 'end',
      });
    };
    for (const labels of [
      ['02', '04', '05'],
      ['03', '04', '05'],
    ]) {
      const { series } = spring(labels);
      const at = (Date.parse('2019-03-10T06:00:00Z') - series.startMs) / 3_600_000;
      assert.deepEqual([...series.load.slice(at, at + 3)], [10, 11, 12], labels.join());
    }
  });

  it('lays days out by the clock: 23 and 25 intervals, 24 slots', () => {
    const { series } = load(hourly('2018-10-25T04:00:00Z', 24 * 200));
    const grid = buildDayGrid(series);
    const count = (day: string): number =>
      intervalsOf(grid, Date.parse(`${day}T00:00:00Z`) / 86_400_000 - grid.firstDay).length;
    assert.deepEqual(['2018-11-03', '2018-11-04', '2019-03-10', '2019-03-11'].map(count), [24, 25, 23, 24]);
    const row = Date.parse('2018-11-04T00:00:00Z') / 86_400_000 - grid.firstDay;
    assert.equal(slotsEndedBy(grid, row, Date.parse('2018-11-04T06:59:00Z')), 1);
    assert.equal(slotsEndedBy(grid, row, Date.parse('2018-11-04T07:00:00Z')), 2);
  });

  it('keeps rows of bad quality out of the learning', () => {
    const rows = hourly('2019-01-01T05:00:00Z', 480).map(
      (line, index) => `${line},${index === 30 ? 'MISSING' : 'OKAY'}`,
    );
    const loaded = loadCsv(Buffer.from(['time,load,quality', ...rows].join('\n')), newYork, {
      ...base,
      qualityColumn: 'quality',
      qualityOk: 'OKAY',
    });
    assert.ok(loaded.ok);
    assert.equal(loaded.value.series.good[30], 0);
    assert.equal(cleanLoad(buildDayGrid(loaded.value.series)).state[30], CELL.missing);
  });
});

describe('cleaning', () => {
  const clean = (change: (index: number, value: number) => number) => {
    const value = (index: number): number =>
      Math.round(1000 + 200 * Math.sin((index * Math.PI) / 12) + ((index * 7919) % 40));
    const { series } = load(hourly('2019-06-01T04:00:00Z', 24 * 60, (index) => change(index, value(index))));
    return cleanLoad(buildDayGrid(series));
  };

  it('replaces spikes, zeros and stuck meters, and leaves ordinary values alone', () => {
    assert.equal(
      clean((_, value) => value)
        .state.slice(0, 24 * 60)
        .every((state) => state === CELL.measured),
      true,
    );
    const spike = clean((index, value) => (index === 1000 ? 9000 : index === 1100 ? 0 : value));
    assert.deepEqual(
      [spike.state[1000], spike.state[1001], spike.state[1100]],
      [CELL.outlier, CELL.measured, CELL.outlier],
    );
    assert.ok((spike.values[1000] ?? 0) < 1400 && (spike.values[1100] ?? 0) > 600);
    const stuck = clean((index, value) => (index >= 900 && index < 912 ? 1000 : value));
    assert.equal(stuck.state[911], CELL.flat);
  });

  it('accepts a new level after a day of it', () => {
    const moved = clean((index, value) => (index >= 1000 ? value * 0.3 : value));
    assert.equal(moved.state[1000], CELL.outlier);
    assert.equal(moved.state[1000 + 30], CELL.measured);
  });

  it('uses no later value: cutting the series leaves every earlier cell as it was', () => {
    const wild = (index: number, value: number): number => ((index * 31) % 97 === 0 ? value * 5 : value);
    const whole = clean(wild);
    const cut = clean((index, value) => (index < 1200 ? wild(index, value) : 1));
    assert.deepEqual(cut.values.slice(0, 1200), whole.values.slice(0, 1200));
    assert.deepEqual(cut.state.slice(0, 1200), whole.state.slice(0, 1200));
  });
});
