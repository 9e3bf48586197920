import { readFileSync } from 'node:fs';
import {
  createZone,
  formatDay,
  parseDay,
  parsePolicy,
  planTariff,
  policyIdOf,
  policyInForce,
  readForecast,
  type Plan,
  type TariffPolicy,
} from '@roamgrid/tariff-service';
import { readTariffJson } from '@roamgrid/wire';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { EXIT_CODES } from '../exit-codes.ts';

/** `roamgrid tariff policy`: whether a policy file holds, what it says, and the prices that it would make. */

interface Options {
  readonly forecast?: string;
  readonly capacityMw?: bigint;
  readonly wattsPerUnit: number;
  readonly vat: number;
  readonly at?: number;
  readonly json?: true;
}

const WATTS_PER_MW = 1_000_000n;

/** What is wrong with a file, where. */
interface Problem {
  readonly pointer: string;
  readonly message: string;
}

class Refused extends Error {
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    super(problems.map(({ pointer, message }) => `${file}${pointer}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

const jsonOf = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new Refused(file, [
      { pointer: '', message: error instanceof Error ? error.message : 'unreadable' },
    ]);
  }
};

const policyOf = (file: string): TariffPolicy => {
  const parsed = parsePolicy(jsonOf(file));
  if (!parsed.ok) throw new Refused(file, parsed.error);
  return parsed.value;
};

/** The prices of the forecast's day as the policy would make them if it were reviewed and in force at `atMs`. */
function planOf(
  policy: TariffPolicy,
  file: string,
  options: Options,
): { plan: Plan; day: number; atMs: number } {
  const answer = jsonOf(file);
  const forecast = readForecast(answer, options.wattsPerUnit);
  if (!forecast.ok) throw new Refused(file, [{ pointer: '', message: forecast.error.message }]);
  const day = parseDay(z.looseObject({ day: z.string() }).parse(answer).day);
  if (day === undefined) throw new Refused(file, [{ pointer: '/day', message: 'is no date' }]);
  if (options.capacityMw === undefined) throw new InvalidArgumentError('a forecast needs --capacity-mw.');
  const atMs = options.at ?? forecast.value.dataCutMs;
  const plan = planTariff({
    tariffId: policy.policyId,
    zone: createZone(policy.timeZone),
    policies: [{ ...policy, validFromMs: atMs, review: { reviewer: 'preview', reviewedAtMs: atMs } }],
    forecast: forecast.value,
    capacityW: options.capacityMw * WATTS_PER_MW,
    day,
    publishedAtMs: atMs,
    vatPercent: options.vat,
    validDays: 7,
    lastVersion: 0,
  });
  if (!plan.ok)
    throw new Refused(file, [{ pointer: '', message: `${plan.error.code}: ${plan.error.message}` }]);
  if (!readTariffJson(plan.value.tariff.tariffJson).ok) throw new Error('a planned tariff is no tariff');
  return { plan: plan.value, day, atMs };
}

const decimal = (micros: bigint): string =>
  `${micros / 1_000_000n}.${(micros % 1_000_000n)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,3}$/u, '')}`;
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const percent = (ppm: bigint): string => `${(Number(ppm) / 10_000).toFixed(1)} %`;
const elementsOf = ({ tariff }: Plan): unknown =>
  (JSON.parse(tariff.tariffJson) as { elements: unknown }).elements;

const bigints = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;

function text(policy: TariffPolicy, isInForce: boolean, made: ReturnType<typeof planOf> | undefined): string {
  const price = (micros: bigint): string => `${decimal(micros)} ${policy.currency} per kWh`;
  const { review, loadCurve, timeOfUse, peak } = policy;
  const lines = [
    `${policyIdOf(policy)} of ${policy.utility}, ${policy.timeZone}, every ${policy.intervalMinutes} minutes`,
    review === undefined
      ? 'not reviewed: it prices nothing'
      : `reviewed by ${review.reviewer} at ${new Date(review.reviewedAtMs).toISOString()}`,
    `valid from ${new Date(policy.validFromMs).toISOString()}: ${isInForce ? 'in force' : 'not in force'}`,
    `base ${price(policy.baseMicrosPerKWh)}, from ${decimal(policy.floorMicrosPerKWh)} to ${decimal(policy.ceilingMicrosPerKWh)}, at most ${decimal(policy.maxStepMicrosPerKWh)} from one interval to the next, in steps of ${decimal(policy.tickMicrosPerKWh)}`,
    `notice ${policy.noticeMinutes} minutes${policy.budgetNeutral ? ', budget neutral' : ''}`,
    `${loadCurve.kind === 'bands' ? 'bands' : 'line'} by load over capacity: ${loadCurve.points.map(({ ratioPpm, multiplierPpm }) => `${percent(ratioPpm)} × ${decimal(multiplierPpm)}`).join(', ')}`,
    ...timeOfUse.map(
      ({ weekdays, fromMinute, untilMinute, multiplierPpm }) =>
        `weekdays ${weekdays.join('')} ${clock(fromMinute)} to ${clock(untilMinute)}: × ${decimal(multiplierPpm)}`,
    ),
    ...(peak === undefined
      ? []
      : [`from ${percent(peak.ratioPpm)} on: ${price(peak.surchargeMicrosPerKWh)} more`]),
  ];
  if (made !== undefined) {
    const { plan, day, atMs } = made;
    lines.push(
      '',
      `${formatDay(day)}, published ${new Date(atMs).toISOString()}, from ${new Date(plan.tariff.validFromMs).toISOString()}`,
      'local   price      load    × load   × time   why',
      ...plan.slots.map(
        ({ minute, microsPerKWh, ratioPpm, loadMultiplierPpm, timeMultiplierPpm, peak: isPeak, limitedBy }) =>
          [
            clock(minute).padEnd(8),
            decimal(microsPerKWh).padEnd(9),
            percent(ratioPpm).padStart(8),
            decimal(loadMultiplierPpm).padStart(9),
            decimal(timeMultiplierPpm).padStart(9),
            `   ${[isPeak ? 'peak' : '', limitedBy === 'none' ? '' : limitedBy].filter(Boolean).join(', ')}`,
          ]
            .join('')
            .trimEnd(),
      ),
      '',
      JSON.stringify({ elements: elementsOf(plan) }, null, 2),
    );
  }
  return `${lines.join('\n')}\n`;
}

function run(file: string, options: Options): void {
  try {
    const policy = policyOf(file);
    const made = options.forecast === undefined ? undefined : planOf(policy, options.forecast, options);
    const isInForce = policyInForce([policy], options.at ?? made?.atMs ?? Date.now()) !== undefined;
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(
            {
              valid: true,
              inForce: isInForce,
              policy,
              ...(made && {
                day: formatDay(made.day),
                publishedAtMs: made.atMs,
                validFromMs: made.plan.tariff.validFromMs,
                slots: made.plan.slots,
                elements: elementsOf(made.plan),
              }),
            },
            bigints,
          )}\n`
        : text(policy, isInForce, made),
    );
    process.exitCode = EXIT_CODES.ok;
  } catch (error) {
    if (error instanceof InvalidArgumentError) {
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = EXIT_CODES.usage;
      return;
    }
    if (!(error instanceof Refused)) throw error;
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ valid: false, problems: error.problems })}\n`);
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = EXIT_CODES.refused;
  }
}

const instant = (value: string): number => {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('expected an instant such as 2026-07-14T16:00:00Z.');
  return ms;
};
const wholeAboveZero = (value: string): bigint => {
  if (!/^[1-9]\d{0,9}$/u.test(value)) throw new InvalidArgumentError('expected a whole number above zero.');
  return BigInt(value);
};
const numberFrom =
  (least: number, isLeastIn: boolean) =>
  (value: string): number => {
    const given = Number(value);
    if (!(isLeastIn ? given >= least : given > least))
      throw new InvalidArgumentError(
        `expected a number ${isLeastIn ? 'from' : 'above'} ${least}${isLeastIn ? ' on' : ''}.`,
      );
    return given;
  };

export const policyCommand = (): Command =>
  new Command('policy')
    .description(
      'check a tariff policy, say what it says, and show the OCPI tariff elements it makes of a forecast',
    )
    .argument('<file>', 'a version of the policy, JSON')
    .option(
      '--forecast <file>',
      'answer of "roamgrid forecast predict" or POST /predict: show the prices of its day',
    )
    .option('--capacity-mw <number>', 'what the area can supply; needed with --forecast', wholeAboveZero)
    .option(
      '--watts-per-unit <number>',
      'watts in one unit of the forecast',
      numberFrom(0, false),
      Number(WATTS_PER_MW),
    )
    .option('--vat <percent>', 'sales tax', numberFrom(0, true), 0)
    .option(
      '--at <instant>',
      'when it would be published; the forecast’s gate, or now, when left out',
      instant,
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nPrices are shown whether or not the version is reviewed; published is only what is.\n\nExit codes: 0 done, 2 wrong command line, 3 the policy or the forecast was refused (standard error says where).',
    )
    .action(run);
