import { simulate, type Pricing } from '@roamgrid/energy-controller';
import { readTouRate } from '@roamgrid/tariff-service';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { type Io, jsonText } from '../study/io.ts';
import { instantOf, siteOf, withSimulateOptions, type SimulateOptions } from './options.ts';
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

/** Something in the input or on the command line that ends the command. */
class Refusal extends Error {
  readonly code: string;
  readonly exitCode: number;
  constructor(code: string, message: string, exitCode: number = EXIT_CODES.refused) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

async function run(options: SimulateOptions, io: Io): Promise<void> {
  try {
    await lived(options, io);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, exitCode } = error;
    if (options.json) io.out(jsonText({ error: { code, message } }));
    io.err(`error: ${message} (${code})\n`);
    io.exitCode(exitCode);
  }
}

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

function read(path: string, io: Io): Uint8Array {
  try {
    return io.read(path);
  } catch {
    throw new Refusal('FILE_UNREADABLE', `cannot read ${path}`);
  }
}

function edgeOf(name: string, text: string | undefined, options: SimulateOptions): number | undefined {
  if (text === undefined) return undefined;
  const ms = instantOf(text, options.zone);
  if (ms === undefined)
    throw new Refusal(
      'BAD_OPTION',
      `${name} ${text} is neither a day nor an instant with its offset`,
      EXIT_CODES.usage,
    );
  return ms;
}

function pricingOf({ tariff, zone }: SimulateOptions, io: Io, notes: string[]): Pricing | undefined {
  if (tariff === undefined) return undefined;
  const rate = readTouRate(new TextDecoder().decode(read(tariff, io)), zone);
  if (!rate.ok) throw new Refusal(rate.error.code, `${tariff}: ${rate.error.message}`);
  notes.push(...rate.value.notes);
  return rate.value;
}

async function lived(options: SimulateOptions, io: Io): Promise<void> {
  const { phases, zone, dateOrder, policy } = options;
  const fromMs = edgeOf('--from', options.from, options) ?? -Infinity;
  const toMs = edgeOf('--to', options.to, options) ?? Infinity;
  const file = readStays(read(options.sessions, io), columnsOf(options), {
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
