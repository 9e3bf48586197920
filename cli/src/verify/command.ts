import { readFileSync } from 'node:fs';
import { verifyBundle, type Verdict } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';

interface Options {
  readonly checkpoint?: string;
  readonly json?: boolean;
}

const MICROS_PLACES = 6;

const amountText = (micros: bigint): string => {
  const digits = micros.toString().padStart(MICROS_PLACES + 1, '0');
  return `${digits.slice(0, -MICROS_PLACES)}.${digits.slice(-MICROS_PLACES)}`;
};

const lineOf = (verdict: Verdict): string => {
  if (!verdict.holds) return `does not hold: ${verdict.firstFailure}`;
  const { sessionId, currency, totalMicros, energyWh, clearing } = verdict.told;
  const states = [...clearing].map(([key, state]) => `${key} ${state}`).join(', ');
  const money = `${energyWh} Wh for ${amountText(totalMicros)} ${currency}`;
  return `holds: ${sessionId}, ${money}, ${states === '' ? 'not invoiced' : states}`;
};

const exitCodeOf = (verdict: Verdict): number => {
  if (verdict.holds) return EXIT_CODES.ok;
  return verdict.isUnreadable ? EXIT_CODES.refused : EXIT_CODES.checkFailed;
};

const verdictJson = (verdict: Verdict): string =>
  JSON.stringify({
    holds: verdict.holds,
    firstFailure: verdict.holds ? null : verdict.firstFailure,
    trusted: verdict.trusted ?? null,
  });

async function verify(bundle: string, options: Options): Promise<void> {
  if (options.checkpoint === undefined) {
    process.stderr.write('roamgrid: name what you trust: --checkpoint FILE\n');
    process.exitCode = EXIT_CODES.usage;
    return;
  }
  let files: readonly [string, string];
  try {
    files = [readFileSync(bundle, 'utf8'), readFileSync(options.checkpoint, 'utf8')];
  } catch (thrown) {
    process.stderr.write(`roamgrid: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = EXIT_CODES.refused;
    return;
  }
  const verdict = await verifyBundle(nodePrimitives, ...files);
  process.stdout.write(`${options.json === true ? verdictJson(verdict) : lineOf(verdict)}\n`);
  process.exitCode = exitCodeOf(verdict);
}

/** `roamgrid verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('whether a bill holds, from its bundle and a checkpoint alone; nobody is asked')
    .argument('<bundle>', 'file of one bill, as `roamgrid audit bundle` makes it')
    .option('--checkpoint <file>', 'what you trust: the state of the channel that several utilities signed')
    .option('--json', 'print one JSON object: holds, firstFailure, trusted')
    .action(verify);
}
