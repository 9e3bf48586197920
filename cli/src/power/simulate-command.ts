import { simulate } from '@roamgrid/energy-controller';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { type Io, jsonText } from '../study/io.ts';
import { edgeOf, pricingOf, readFileOf, Refusal, refusing } from '../study/inputs.ts';
import { siteOf, withSimulateOptions, type SimulateOptions } from './options.ts';
import { simulationJson, simulationText } from './output.ts';
import { readStays, type StayColumns } from './read-stays.ts';

/** `roamgrid power simulate` */
export function simulateCommand(io: Io): Command {
  return withSimulateOptions(
    new Command('simulate').description(
      'live through charging sessions at a site whose limit binds, and compare with the most that could have been delivered',
    ),
  ).action((options: SimulateOptions) => run(options, io));
}

const run = (options: SimulateOptions, io: Io): Promise<void> =>
  refusing(options, io, () => lived(options, io));

const columnsOf = (options: SimulateOptions): StayColumns => {
  const names = [
    'arrivalColumn',
    'departureColumn',
    'energyColumn',
    'declaredDepartureColumn',
    'declaredEnergyColumn',
    'stationColumn',
    'phaseColumn',
  ] as const;
  return Object.fromEntries(
    names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  ) as unknown as StayColumns;
};

async function lived(options: SimulateOptions, io: Io): Promise<void> {
  const { phases, zone, dateOrder, policy } = options;
  const fromMs = edgeOf('--from', options.from, options.zone) ?? -Infinity;
  const toMs = edgeOf('--to', options.to, options.zone) ?? Infinity;
  const file = readStays(readFileOf(options.sessions, io), columnsOf(options), {
    zone,
    phases,
    ...(dateOrder !== undefined && { dateOrder }),
  });
  if (!file.ok)
    throw new Refusal(
      file.error.code,
      file.error.message,
      file.error.code === 'BAD_OPTION' ? EXIT_CODES.usage : EXIT_CODES.refused,
    );
  const notes: string[] = [];
  const leftOut = Object.entries(file.value.leftOut);
  if (leftOut.length > 0)
    notes.push(
      `of ${file.value.rows} rows were left out: ${leftOut.map(([why, count]) => `${count} ${why}`).join(', ')}`,
    );
  const pricing = pricingOf(options, io, notes);
  const stays = file.value.stays.filter(({ arrivalMs }) => arrivalMs < toMs);
  const history = stays.filter(({ arrivalMs }) => arrivalMs < fromMs).length;
  if (history === stays.length) throw new Refusal('NO_SESSION', 'no session begins in this span');
  const knows = options.knows ?? (options.declaredDepartureColumn === undefined ? 'oracle' : 'declared');
  const report = await simulate({
    site: siteOf(options),
    stays,
    policy,
    knows,
    fromMs,
    ...(pricing !== undefined && { pricing }),
    onProgress: (share) => {
      io.err(`${(100 * share).toFixed(0).padStart(3)} % of the sessions have begun\n`);
    },
  });
  if (report.beyondStay > 0)
    notes.push(`${report.beyondStay} sessions ask for more than an outlet gives in the steps of their stay`);
  const told = { knows, history, notes };
  io.out(options.json ? jsonText(simulationJson(report, options, told)) : simulationText(report, told));
  io.exitCode(report.violations === 0 && report.isExact ? EXIT_CODES.ok : EXIT_CODES.checkFailed);
}
