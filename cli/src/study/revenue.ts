import {
  problemWith,
  REVENUE_ASSUMPTIONS,
  type RevenueAssumptions,
  revenuePlot,
  type RevenueStudy,
  revenueStudy,
} from '@roamgrid/tariff-service/study';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { type Io, jsonText } from './io.ts';

interface Options extends RevenueAssumptions {
  readonly from: number;
  readonly to: number;
  readonly points: number;
  readonly svg?: string;
  readonly json?: true;
}

const ASSUMPTION_HELP: Readonly<Record<keyof RevenueAssumptions, readonly [flag: string, help: string]>> = {
  drivers1: ['drivers1', 'drivers of region 1 (m1)'],
  drivers2: ['drivers2', 'drivers of region 2 (m2)'],
  purchasingPower2: ['purchasing-power2', "mean willingness to pay of region 2's drivers (λ2)"],
  travelShareMax: ['travel-share-max', 'share of charging away from home that wealth tends to'],
  travelShareHalf: ['travel-share-half', 'purchasing power at which half of that share is reached'],
  staysHome: ['stays-home', 'part of travel energy that is charged at home when there is no roaming'],
  hubMarkup: ['hub-markup', 'what hub and roaming provider add to the local price, as a part of it'],
  hubFee: ['hub-fee', 'what the hub takes from the visited utility, as a part of the local price'],
  homeShare: ['home-share', "the home utility's part of a session abroad in this system"],
  ledgerCost: ['ledger-cost', 'what the ledger costs, as a part of a session'],
  visitorCeiling: ['visitor-ceiling', "a visitor's highest price as a multiple of the local one"],
};

const SOURCE =
  'Yaqub, Ahmad, Ali, ul Asar: AI and Blockchain Integrated Billing Architecture for Charging the Roaming Electric Vehicles. IoT 2020, 1(2), 382-397. The equations are this project’s reading: docs/studies/revenue.md';

/** `roamgrid study revenue`: a utility's income under three ways of roaming. */
export function revenueCommand(io: Io): Command {
  const command = new Command('revenue').description(
    "income of a utility under no roaming, hub roaming and this system, as its customers' purchasing power varies",
  );
  for (const [name, [flag, help]] of Object.entries(ASSUMPTION_HELP))
    command.option(
      `--${flag} <number>`,
      help,
      parseNumber,
      REVENUE_ASSUMPTIONS[name as keyof RevenueAssumptions],
    );
  return command
    .option('--from <number>', 'lowest purchasing power', parseNumber, 0.25)
    .option('--to <number>', 'highest purchasing power', parseNumber, 4)
    .option('--points <count>', 'how many between them', parseNumber, 76)
    .option('--svg <file>', 'write the plot')
    .option('--json', 'print one JSON object')
    .action((options: Options) => {
      run(options, io);
    });
}

function run(options: Options, io: Io): void {
  const problem = problemWith(options) ?? gridProblem(options);
  if (problem !== undefined) {
    if (options.json) io.out(jsonText({ error: { code: 'BAD_OPTION', message: problem } }));
    io.err(`error: ${problem} (BAD_OPTION)\n`);
    io.exitCode(EXIT_CODES.usage);
    return;
  }
  const { from, to, points, svg, json, ...assumptions } = options;
  const step = (to - from) / (points - 1);
  // Rounded so that 0.25 + 18 × 0.05 prints as 1.15.
  const powers = Array.from({ length: points }, (_, index) => Math.round((from + index * step) * 1e9) / 1e9);
  const study = revenueStudy(powers, assumptions);
  if (svg !== undefined) io.write(svg, revenuePlot(study.points));
  io.out(json ? jsonText({ study: 'revenue', source: SOURCE, assumptions, ...study }) : table(study));
  io.exitCode(EXIT_CODES.ok);
}

function gridProblem({ from, to, points }: Options): string | undefined {
  if (!(from > 0 && to > from)) return '--from must be above zero and below --to';
  return Number.isInteger(points) && points >= 2 && points <= 10_000
    ? undefined
    : '--points must be 2 to 10000';
}

function table({ points, claims }: RevenueStudy): string {
  const every = Math.max(1, Math.round(points.length / 15));
  const cell = (value: number): string => value.toFixed(4).padStart(14);
  const rows = points
    .filter((_, index) => index % every === 0)
    .map(
      ({ purchasingPower, income: { noRoaming, conventional, proposed } }) =>
        `${purchasingPower.toFixed(2).padStart(6)}${cell(noRoaming.total)}${cell(conventional.total)}${cell(proposed.total)}\n`,
    );
  const spans = (list: readonly (readonly [number, number])[]): string =>
    list.length === 0 ? 'nowhere' : list.map(([low, high]) => `${low} to ${high}`).join(', ');
  return [
    ' power    no roaming  conventional   this system\n',
    ...rows,
    `conventional income falls:          ${spans(claims.conventionalFalls)}\n`,
    `this system above conventional:     ${spans(claims.proposedAboveConventional)}\n`,
    `this system above no roaming:       ${spans(claims.proposedAboveNone)}\n`,
    `conventional above no roaming:      ${spans(claims.conventionalAboveNone)}\n`,
  ].join('');
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number.');
  return value;
}
