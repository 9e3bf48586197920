import { formatDecimal, formatMicros } from '@roamgrid/domain';
import { heatWaveReport, runHeatWave, type HeatWaveReport } from '@roamgrid/stories/scenario';
import { Command } from 'commander';
import { z } from 'zod';
import { EXIT_CODES } from '../exit-codes.ts';
import { ledgerChoice, ledgerOption, ordererOption, type LedgerOptions } from '../ledger-options.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options extends LedgerOptions {
  readonly json?: boolean;
  readonly stateDir?: string;
  readonly verbose?: boolean;
}

const usd = (micros: bigint) => `${formatMicros(micros)} USD`;
const signed = (micros: bigint) => `${micros < 0n ? '' : '+'}${usd(micros)}`;

function sessionText(session: HeatWaveReport['sessions'][number]): string[] {
  const { at, feed, tariffVersion, lines, totalMicros, capMicros, movedMicros, betweenMicros } = session;
  return [
    `${at}  tariff v${tariffVersion}: ${usd(totalMicros)} (cap ${usd(capMicros)}); ${feed}`,
    ...lines.map(({ kind, quantity, unit, unitPrice, amountMicros, grid }) => {
      const price = unitPrice === '' ? '' : ` at ${unitPrice}`;
      const demand = grid?.demandW === undefined ? '' : `, ${formatDecimal(grid.demandW / 1_000_000n, 3)} GW`;
      const why =
        grid === undefined
          ? ''
          : `  [${grid.outcome}${grid.fault ? `: ${grid.fault}` : ''}${demand}; limited by ${grid.limitedBy}]`;
      return `    ${kind.padEnd(10)} ${quantity} ${unit}${price}: ${usd(amountMicros)}${why}`;
    }),
    `    the grid moved ${signed(movedMicros)} for the driver, ${signed(betweenMicros)} from home to visited utility`,
  ];
}

function print(report: HeatWaveReport): string {
  const { reconciliation: r } = report;
  return [
    ...report.publications.map(
      ({
        at,
        forDay,
        tariffVersion,
        policyId,
        minMicrosPerKWh,
        maxMicrosPerKWh,
        outcome,
        limit,
        refusedBy,
      }) =>
        `${at}  v${tariffVersion} for ${forDay} by ${policyId}: ${formatDecimal(minMicrosPerKWh, 6)} to ${formatDecimal(maxMicrosPerKWh, 6)} USD/kWh, ${outcome}${limit === undefined ? '' : ` by the ${refusedBy ?? ''}: ${limit}`}`,
    ),
    '',
    ...report.sessions.flatMap(sessionText),
    '',
    `Σ CDR ${usd(r.cdrMicros)} = Σ invoice ${usd(r.invoiceMicros)} = Σ shares ${usd(r.shareMicros)} = Σ bill lines ${usd(r.billMicros)}; Σ net ${usd(r.netMicros)}: ${r.exact ? 'exact' : 'NOT EXACT'}`,
    `Chain of ${report.blocks} blocks on the ${report.ledger} ledger: ${report.chain}`,
    '',
  ].join('\n');
}

async function heatWave(options: Options): Promise<void> {
  const beganMs = Date.now();
  const report = await runHeatWave({
    stateDir: stateDirOf('heat-wave', options.stateDir),
    ledger: ledgerChoice(options),
    logLevel: options.verbose === true ? 'info' : 'silent',
    progress: (text) =>
      process.stderr.write(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`),
  });
  process.stdout.write(
    options.json === true ? `${JSON.stringify(z.encode(heatWaveReport, report))}\n` : print(report),
  );
  process.exitCode =
    report.chain === 'verified' && report.reconciliation.exact ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

/** `roamgrid scenario heat-wave` */
export const heatWaveCommand = (): Command =>
  new Command('heat-wave')
    .description('three days of a real heat wave: tariffs that follow the grid, and feeds that fail and lie')
    .option('--json', 'print one JSON object')
    .addOption(ledgerOption())
    .addOption(ordererOption())
    .option(
      '--state-dir <folder>',
      'folder of the run; its content is replaced (default .roamgrid/heat-wave)',
    )
    .option('--verbose', 'log what the services do to standard error')
    .action(heatWave);
