import { readFileSync, writeFileSync } from 'node:fs';
import { err, formatMicros, type DomainError, type Result } from '@roamgrid/domain';
import { SESSION_LAYOUT_NAMES, type DateOrder, type DecimalMark } from '@roamgrid/service-kit/csv';
import {
  DEFAULT_FILE_OPTIONS,
  readSessionFile,
  type SessionFile,
  type SessionFileError,
} from '@roamgrid/station';
import { canWatchMemory, memoryPlot, replay, STEPS, type ReplayReport } from '@roamgrid/stories/replay';
import { SERVICE_NAMES, type ServiceName } from '@roamgrid/utility';
import { Command, Option } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { ledgerChoice, ledgerOption, ordererOption, type LedgerOptions } from '../ledger-options.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options extends LedgerOptions {
  readonly sessions: string;
  readonly layout?: string;
  readonly timeZone?: string;
  readonly dateOrder?: DateOrder;
  readonly decimalMark?: DecimalMark;
  readonly maxPowerW: string;
  readonly customers: string;
  readonly inFlight: string;
  readonly speedUp?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
  readonly times: string;
  readonly memory?: string;
  readonly processes?: readonly ServiceName[];
  readonly stateDir?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

const jsonText = (value: unknown) =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));

function printed(report: ReplayReport): string {
  const { rows, sessions, reconciliation: sums, latencyMs } = report;
  const table = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ') || 'none';
  return [
    `rows        ${rows.clean} clean, ${rows.refused} refused: ${table(rows.byFault)}`,
    ...report.refusedRows.map(
      (row) => `            line ${row.line} ${row.sessionId}: ${row.fault}, ${row.detail}`,
    ),
    `sessions    ${sessions.billed} billed; authorised at home ${sessions.home}, locally ${sessions.cache}; refused: ${table(sessions.refused)}`,
    `speed       ${report.seconds} s, ${report.sessionsPerSecond} sessions/s; the last record was final ${report.settledAfterSeconds} s after the last stop`,
    ...STEPS.map(
      (step) =>
        `latency     ${step}: p50 ${latencyMs[step].p50} ms, p99 ${latencyMs[step].p99} ms, max ${latencyMs[step].max} ms`,
    ),
    `energy      ${report.energyWh} Wh`,
    `Σ CDR       ${formatMicros(sums.cdrMicros)}`,
    `Σ invoice   ${formatMicros(sums.invoiceMicros)}`,
    `Σ shares    ${formatMicros(sums.shareMicros)}`,
    `Σ bills     ${formatMicros(sums.billMicros)}`,
    `Σ net       ${formatMicros(sums.netMicros)}   ${sums.exact ? 'exact to the micro-unit' : 'NOT EXACT'}`,
    ...Object.entries(report.memory?.parts ?? {}).map(
      ([part, { secondQuarterMiB, lastQuarterMiB, mostMiB, isFlat }]) =>
        `memory      ${part}: ${secondQuarterMiB} MiB in the second quarter, ${lastQuarterMiB} in the last, ${mostMiB} at most: ${isFlat ? 'flat' : 'NOT FLAT'}`,
    ),
    `chain       ${report.blocks} blocks on the ${report.ledger} ledger: ${report.chain}`,
    '',
  ].join('\n');
}

const SHOWN_REFUSALS = 10;

/** The file in its publisher's layout; what is wrong with it as a whole is said, not thrown. */
function readSessions(
  { sessions, layout, timeZone, dateOrder, decimalMark }: Options,
  maxPowerW: bigint,
): Result<SessionFile, DomainError<SessionFileError['code'] | 'FILE_UNREADABLE'>> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(sessions);
  } catch {
    return err({ code: 'FILE_UNREADABLE', message: `cannot read ${sessions}` });
  }
  return readSessionFile(bytes, {
    ...DEFAULT_FILE_OPTIONS,
    maxPowerW,
    ...(layout !== undefined && { layout }),
    ...(timeZone !== undefined && { timeZone }),
    ...(dateOrder !== undefined && { dateOrder }),
    ...(decimalMark !== undefined && { decimalMark }),
  });
}

async function run(options: Options): Promise<void> {
  if (options.memory !== undefined && !canWatchMemory) {
    process.stderr.write('roamgrid: --memory reads /proc, which this system does not have\n');
    process.exitCode = EXIT_CODES.refused;
    return;
  }
  const beganMs = Date.now();
  const progress = (text: string) =>
    process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  const maxPowerW = BigInt(options.maxPowerW);
  const read = readSessions(options, maxPowerW);
  if (!read.ok) {
    process.stderr.write(`error: ${read.error.message} (${read.error.code})\n`);
    process.exitCode = read.error.code === 'BAD_OPTION' ? EXIT_CODES.usage : EXIT_CODES.refused;
    return;
  }
  const whole = read.value;
  for (const note of whole.notes) process.stderr.write(`note: ${note}\n`);
  const fromMs = options.from === undefined ? -Infinity : Date.parse(options.from);
  const toMs = options.to === undefined ? Infinity : Date.parse(options.to);
  const chosen = whole.sessions.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  const file = {
    ...whole,
    sessions: options.limit === undefined ? chosen : chosen.slice(0, Number(options.limit)),
  };
  if (file.sessions.length === 0) {
    process.stderr.write('error: the file has no clean session in this span (NO_SESSION)\n');
    for (const { line, sessionId, fault, detail } of whole.refused.slice(0, SHOWN_REFUSALS))
      process.stderr.write(`line ${line} ${sessionId}: ${fault}, ${detail}\n`);
    process.exitCode = EXIT_CODES.refused;
    return;
  }
  const report = await replay({
    file,
    timeZone: whole.timeZone,
    maxPowerW,
    stateDir: stateDirOf('replay', options.stateDir),
    customersPerHome: Number(options.customers),
    inFlight: Number(options.inFlight),
    speedUp: options.speedUp === undefined ? Infinity : Number(options.speedUp),
    ledger: ledgerChoice(options),
    processes: options.processes ?? [],
    times: Number(options.times),
    ...(options.memory !== undefined && {
      onMemory: (samples, sessions) => {
        writeFileSync(options.memory ?? '', memoryPlot(samples, sessions));
      },
    }),
    logLevel: options.verbose === true ? 'info' : 'silent',
    progress,
  });
  process.stdout.write(options.json === true ? `${jsonText(report)}\n` : printed(report));
  process.exitCode =
    report.chain === 'verified' && report.reconciliation.exact ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

/** `roamgrid replay` */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'live a file of real charging sessions again, swipe to settlement, and check that it adds up',
    )
    .requiredOption(
      '--sessions <csv>',
      'columns session_id, station_id, plug_in, plug_out, energy_kwh, optional connector, or as --layout says',
    )
    .addOption(
      new Option('--layout <name>', 'layout of a publisher')
        .choices(SESSION_LAYOUT_NAMES)
        .default('roamgrid'),
    )
    .option(
      '--time-zone <zone>',
      'IANA zone of the file’s bare time stamps; left out, the publisher’s, or else Europe/London',
    )
    .addOption(
      new Option('--date-order <order>', 'order in dates such as 3/4/2019; found when it shows').choices([
        'dmy',
        'mdy',
      ]),
    )
    .addOption(
      new Option('--decimal-mark <mark>', 'of numbers that may be read either way').choices(['.', ',']),
    )
    .option(
      '--max-power-w <watts>',
      'most that an outlet of the file gives; more is refused as impossible',
      '50000',
    )
    .option('--customers <n>', 'customers at each of the two home utilities', '25')
    .option('--in-flight <n>', 'requests under way at most', '8')
    .option(
      '--speed-up <times>',
      'recorded time passes so many times faster than the wall; as fast as it goes when absent',
    )
    .option('--from <instant>', 'only sessions that begin at or after this instant (ISO 8601)')
    .option('--to <instant>', 'only sessions that begin before this instant')
    .option('--limit <n>', 'only the first n clean sessions')
    .option('--times <n>', 'live the sessions so many times, one time after the other', '1')
    .option(
      '--memory <svg>',
      'draw what this process and every part that is one of its own held meanwhile (Linux)',
    )
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .addOption(
      new Option(
        '--processes <services...>',
        'services of each utility that are processes of their own, started again when they die',
      ).choices(SERVICE_NAMES),
    )
    .option('--state-dir <folder>', 'folder of the run; its content is replaced (default .roamgrid/replay)')
    .option('--json', 'print one JSON object')
    .option('--verbose', 'log what the services do to standard error')
    .action(run);
}
