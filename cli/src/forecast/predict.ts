import { writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import {
  dayAfter,
  forecastDay,
  formatDay,
  predictAnswerOf,
  spanOf,
  type PredictAnswer,
  type Zone,
} from '@roamgrid/tariff-service';
import { Command } from 'commander';
import { EXIT, type Io } from './io.ts';
import { type DataOptions, parseDate, withDataOptions } from './options.ts';
import { clockOf, readData, refuserOf } from './read-data.ts';

interface PredictCliOptions extends DataOptions {
  readonly day?: number;
  readonly area?: string;
}

/** `roamgrid forecast predict`: the forecast of one day, as the forecasting service would give it. */
export function predictCommand(io: Io): Command {
  return withDataOptions(
    new Command('predict').description('train on a load history and forecast the next local day with bands'),
  )
    .option(
      '--day <date>',
      'local day to forecast; the day after the last measured one when left out',
      parseDate,
    )
    .option('--area <id>', 'name of the area in the answer; the file’s name when left out')
    .addHelpText(
      'after',
      `
The answer (--json, or --out FILE) is that of POST /predict: "roamgrid tariff policy" and "roamgrid tariff publish" take it.
With --out FILE.csv a table is written instead.

Exit codes: 0 done, 2 wrong command line, 3 the data were refused (standard error says why).`,
    )
    .action((options: PredictCliOptions) => run(options, io));
}

async function run(options: PredictCliOptions, io: Io): Promise<void> {
  const refuse = refuserOf(io, options.json === true);
  const startedMs = performance.now();
  const data = await readData(options, refuse);
  if (data === undefined) return;
  const readMs = performance.now();
  const day = options.day ?? dayAfter(data.series);
  const made = forecastDay(
    data.series,
    {
      gateMinutes: options.gate,
      holidays: options.holidays,
      temperatureMode: options.temperature,
      usePublished: options.useOperatorForecast === true,
    },
    day,
  );
  const trainedMs = performance.now();
  if (made.kind === 'refused') {
    refuse('BAD_OPTION', made.message);
    return;
  }
  if (made.weather === 'repeated' && options.weather !== undefined) {
    refuse(
      'WEATHER_NOT_COVERING',
      `the weather ${spanOf(data.series)} and has too little of ${formatDay(day)} that was there at the gate: give weather of that day, or leave it out`,
    );
    return;
  }
  const notes = [...data.report.notes, ...WEATHER_NOTES[made.weather]];
  const answer = predictAnswerOf(made, {
    area: areaOf(options),
    modelId: `${areaOf(options)}.file`,
    dataSha256: data.provenance.sha256,
    day,
  });
  const seconds = { read: (readMs - startedMs) / 1000, training: (trainedMs - readMs) / 1000 };
  if (options.out !== undefined)
    writeFileSync(
      options.out,
      extname(options.out) === '.csv' ? csvOf(answer) : `${JSON.stringify(answer, null, 2)}\n`,
    );
  io.out(
    options.json === true
      ? `${JSON.stringify({ ...answer, readSeconds: rounded(seconds.read), trainingSeconds: rounded(seconds.training), notes }, null, 2)}\n`
      : table(answer, data.series.zone, notes, options.gate, seconds),
  );
  io.exitCode(EXIT.ok);
}

/** What a forecast without temperatures of its day has to say of itself. */
const WEATHER_NOTES = {
  none: [],
  used: [],
  repeated: [
    'no temperatures of the day were there at the gate: those of the newest day before it are repeated',
  ],
} as const;

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const areaOf = ({ area, load }: PredictCliOptions): string =>
  area ??
  (basename(load, extname(load))
    .replace(/[^A-Za-z0-9_-]/gu, '-')
    .slice(0, 40) ||
    'area');

const quantileOf = ({ levels }: PredictAnswer, quantiles: readonly number[], level: number): number =>
  quantiles[levels.findIndex((each) => Math.abs(each - level) < 1e-9)] ?? Number.NaN;

function csvOf(answer: PredictAnswer): string {
  const header = [
    'local_day',
    'start_utc',
    'minutes',
    'gate_utc',
    'method',
    'forecast',
    ...answer.levels.map((level) => `q${level.toFixed(2)}`),
  ];
  const rows = answer.intervals.map(({ startUtc, minutes, point, quantiles }) =>
    [answer.day, startUtc, minutes, answer.gateUtc, answer.method, point, ...quantiles].join(','),
  );
  return `${[header.join(','), ...rows].join('\n')}\n`;
}

function table(
  answer: PredictAnswer,
  zone: Zone,
  notes: readonly string[],
  gateMinutes: number,
  seconds: { readonly read: number; readonly training: number },
): string {
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone.name,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const figure = (value: number): string => value.toFixed(1).padStart(11);
  const facts: (readonly [string, string])[] = [
    ['day', `${answer.day} in ${zone.name}`],
    ['gate', `${clockOf(gateMinutes)} of the day before (${answer.gateUtc})`],
    ['method', answer.method],
    ['weather', answer.weather],
    ['forecast hash', answer.forecastHash],
    ['seconds', `${seconds.training.toFixed(1)} training, ${seconds.read.toFixed(1)} reading`],
    ...notes.map((note) => ['note', note] as const),
  ];
  const head = ['local', 'forecast', '80 % from', '80 % to', '50 % from', '50 % to'];
  const rows = answer.intervals.map(({ startUtc, point, quantiles }) =>
    [
      local.format(new Date(startUtc)),
      figure(point),
      ...[0.1, 0.9, 0.25, 0.75].map((level) => figure(quantileOf(answer, quantiles, level))),
    ].join(''),
  );
  return [
    ...facts.map(([name, value]) => `${name.padEnd(16)}${value}`),
    '',
    head.map((name, at) => (at === 0 ? name : name.padStart(11))).join(''),
    ...rows,
    '',
  ].join('\n');
}
