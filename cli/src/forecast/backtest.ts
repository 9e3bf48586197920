import { readFileSync, writeFileSync } from 'node:fs';
import {
  backtest,
  type Backtest,
  forecastCsv,
  formatDay,
  loadCsv,
  type LoadedData,
} from '@roamgrid/tariff-service';
import { Command } from 'commander';
import { EXIT, type Io } from './io.ts';
import { csvOptionsOf, type DataOptions, parseDate, withDataOptions } from './options.ts';

interface BacktestCliOptions extends DataOptions {
  readonly from: number;
  readonly to: number;
}

/** `roamgrid forecast backtest`: day-ahead forecasts of a past span, issued as they would have been, and their scores. */
export function backtestCommand(io: Io): Command {
  return withDataOptions(
    new Command('backtest').description(
      'forecast every local day of a past span from what was known at its gate, and score it',
    ),
  )
    .requiredOption('--from <date>', 'first local day to forecast', parseDate)
    .requiredOption('--to <date>', 'last local day to forecast', parseDate)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 wrong command line, 3 the data were refused (standard error says why).',
    )
    .action((options: BacktestCliOptions) => {
      run(options, io);
    });
}

function run(options: BacktestCliOptions, io: Io): void {
  const startedMs = performance.now();
  const refuse = (code: string, message: string): void => {
    if (options.json) io.out(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    io.err(`error: ${message} (${code})\n`);
    io.exitCode(code === 'BAD_OPTION' || code === 'NO_COLUMN' ? EXIT.usage : EXIT.badInput);
  };
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(options.load);
  } catch {
    refuse('FILE_UNREADABLE', `cannot read ${options.load}`);
    return;
  }
  const data = loadCsv(bytes, options.zone, csvOptionsOf(options));
  if (!data.ok) {
    refuse(data.error.code, data.error.message);
    return;
  }
  let shownMs = startedMs;
  const done = backtest(
    data.value,
    {
      fromDay: options.from,
      toDay: options.to,
      gateMinutes: options.gate,
      holidays: options.holidays,
      temperatureMode: options.temperature,
      usePublished: options.useOperatorForecast === true,
    },
    (days, of) => {
      if (performance.now() - shownMs < 2000) return;
      shownMs = performance.now();
      io.err(`${days} of ${of} days\n`);
    },
  );
  if (!done.ok) {
    refuse(done.error.code, done.error.message);
    return;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  if (options.out !== undefined)
    writeFileSync(options.out, forecastCsv(done.value.rows, data.value.series.stepMinutes));
  io.out(
    options.json
      ? json(options, data.value, done.value, seconds)
      : table(options, data.value, done.value, seconds),
  );
  io.exitCode(EXIT.ok);
}

function json(options: BacktestCliOptions, data: LoadedData, done: Backtest, seconds: number): string {
  const { scores, operator, cleaned, naiveDays, meanTreesWeight, features, notes } = done;
  const hours = Math.floor(options.gate / 60);
  return `${JSON.stringify(
    {
      from: formatDay(options.from),
      to: formatDay(options.to),
      zone: options.zone.name,
      gate: `${String(hours).padStart(2, '0')}:${String(options.gate % 60).padStart(2, '0')}`,
      ...scores,
      operator,
      naiveDays,
      meanTreesWeight,
      features: features.length,
      seconds,
      notes,
      data: {
        ...data.provenance,
        ...data.report,
        cleanedOutliers: cleaned.outliers,
        cleanedFlat: cleaned.flat,
      },
    },
    (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value),
    2,
  )}\n`;
}

function table(options: BacktestCliOptions, data: LoadedData, done: Backtest, seconds: number): string {
  const { scores, operator } = done;
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  const lines: (readonly [string, string])[] = [
    [
      'days',
      `${scores.days} (${formatDay(options.from)} to ${formatDay(options.to)}), ${scores.scored} intervals`,
    ],
    ['MAPE', percent(scores.mapePercent)],
    ['MAPE of weekly naive', percent(scores.naiveMapePercent)],
    ['MASE (weekly naive = 1)', scores.maseWeeklyNaive.toFixed(3)],
    ['MASE (in-sample scale)', scores.maseInSample.toFixed(3)],
    ['mean pinball', `${scores.pinball.toFixed(3)} (${percent(scores.pinballPercent)})`],
    ['coverage of 50 %', percent(scores.coverage50Percent)],
    ['coverage of 80 %', percent(scores.coverage80Percent)],
    ['coverage of 90 %', percent(scores.coverage90Percent)],
    ['daily peak', `${percent(scores.dailyPeakMapePercent)}, ${scores.dailyPeakHours.toFixed(2)} h off`],
    [
      'worst week',
      scores.worstWeek === undefined
        ? 'none'
        : `${scores.worstWeek.fromDay}: ${percent(scores.worstWeek.mapePercent)}`,
    ],
  ];
  if (operator !== undefined)
    lines.push([
      "operator's MAPE",
      `${percent(operator.mapePercent)}, ours ${percent(operator.oursMapePercent)} on the same ${operator.scored} intervals`,
    ]);
  const { report } = data;
  lines.push(
    [
      'data',
      `${report.missing} missing, ${report.badQuality} of bad quality, ${report.duplicates} duplicates, ${report.badRows} rows refused`,
    ],
    [
      'cleaned',
      `${done.cleaned.outliers} outliers, ${done.cleaned.flat} stuck; ${done.naiveDays} days by weekly naive`,
    ],
    ['seconds', seconds.toFixed(1)],
    ...done.notes.map((note) => ['note', note] as const),
  );
  return lines.map(([name, value]) => `${name.padEnd(26)}${value}\n`).join('');
}
