import { writeFileSync } from 'node:fs';
import {
  backtest,
  type Backtest,
  forecastCsv,
  formatDay,
  type LoadedData,
  weatherBounds,
  type WeatherBounds,
} from '@roamgrid/tariff-service';
import { Command } from 'commander';
import { EXIT, type Io } from './io.ts';
import { type DataOptions, parseDate, withDataOptions } from './options.ts';
import { clockOf, readData, refuserOf } from './read-data.ts';

interface BacktestCliOptions extends DataOptions {
  readonly from: number;
  readonly to: number;
  readonly compareWeather?: true;
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
    .option(
      '--compare-weather',
      'also tell the error from load alone and with the measured weather of each day; takes three times as long',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 wrong command line, 3 the data were refused (standard error says why).',
    )
    .action((options: BacktestCliOptions) => run(options, io));
}

async function run(options: BacktestCliOptions, io: Io): Promise<void> {
  const startedMs = performance.now();
  const refuse = refuserOf(io, options.json === true);
  const data = await readData(options, refuse);
  if (data === undefined) return;
  const readMs = performance.now();
  let trainedMs = readMs;
  let shownMs = startedMs;
  const settings = {
    fromDay: options.from,
    toDay: options.to,
    gateMinutes: options.gate,
    holidays: options.holidays,
    temperatureMode: options.temperature,
    usePublished: options.useOperatorForecast === true,
  };
  const done = backtest(data, settings, (days, of) => {
    // The first forecast comes when everything before it has been learnt.
    if (days === 1) trainedMs = performance.now();
    if (performance.now() - shownMs < 2000) return;
    shownMs = performance.now();
    io.err(`${days} of ${of} days\n`);
  });
  if (!done.ok) {
    refuse(done.error.code, done.error.message);
    return;
  }
  const bounds = options.compareWeather === true ? weatherBounds(data, settings) : undefined;
  const seconds: Seconds = {
    all: (performance.now() - startedMs) / 1000,
    read: (readMs - startedMs) / 1000,
    training: (trainedMs - readMs) / 1000,
  };
  if (options.out !== undefined)
    writeFileSync(options.out, forecastCsv(done.value.rows, data.series.stepMinutes));
  const outcome = { done: done.value, bounds, seconds };
  io.out(options.json ? json(options, data, outcome) : table(options, data, outcome));
  io.exitCode(EXIT.ok);
}

/** How long it took, in seconds: altogether, to read the file, and to learn its history up to the first forecast. */
interface Seconds {
  readonly all: number;
  readonly read: number;
  readonly training: number;
}

/** Days of history that the first forecast was learnt from. */
const trainedDays = (options: BacktestCliOptions, { provenance, series }: LoadedData): number => {
  const startMs = Date.parse(provenance.firstStartUtc);
  return options.from - Math.floor((startMs + series.zone.offsetMs(startMs)) / 86_400_000);
};

interface Outcome {
  readonly done: Backtest;
  readonly bounds: WeatherBounds | undefined;
  readonly seconds: Seconds;
}

function json(options: BacktestCliOptions, data: LoadedData, { done, bounds, seconds }: Outcome): string {
  const { scores, operator, cleaned, naiveDays, meanTreesWeight, features, notes } = done;
  return `${JSON.stringify(
    {
      from: formatDay(options.from),
      to: formatDay(options.to),
      zone: data.series.zone.name,
      gate: clockOf(options.gate),
      ...scores,
      operator,
      naiveDays,
      weatherWeights: done.weatherWeights,
      ...bounds,
      meanTreesWeight,
      features: features.length,
      seconds: seconds.all,
      readSeconds: seconds.read,
      trainingSeconds: seconds.training,
      trainedDays: trainedDays(options, data),
      notes: [...data.report.notes, ...notes],
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

function table(options: BacktestCliOptions, data: LoadedData, { done, bounds, seconds }: Outcome): string {
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
  const { loadAloneMapePercent: alone, measuredMapePercent: measured } = bounds ?? {};
  if (alone !== undefined) lines.push(['MAPE from load alone', percent(alone)]);
  if (measured !== undefined)
    lines.push(['MAPE, measured weather', `${percent(measured)} (a bound: nobody has it at the gate)`]);
  const weights = Object.entries(done.weatherWeights ?? {});
  if (weights.length > 1)
    lines.push(['weather', weights.map(([name, weight]) => `${name} ${weight.toFixed(2)}`).join(', ')]);
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
    [
      'seconds',
      `${seconds.all.toFixed(1)}, of which ${seconds.training.toFixed(1)} to learn ${trainedDays(options, data)} days and ${seconds.read.toFixed(1)} to read the file`,
    ],
    ...[...report.notes, ...done.notes].map((note) => ['note', note] as const),
  );
  return lines.map(([name, value]) => `${name.padEnd(26)}${value}\n`).join('');
}
