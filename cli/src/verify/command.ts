import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { billEvidence, verifyBill, type Check, type ReadPublic } from '@roamgrid/stories/verify';
import { DEFAULT_CHANNEL, verifyChain } from '@roamgrid/test-network';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import { Command } from 'commander';
import { EXIT_CODES } from '../exit-codes.ts';
import { stateDirOf } from '../state-dir.ts';

interface Options {
  readonly stateDir?: string;
  readonly evidence?: string;
  readonly json?: boolean;
}

/** The run that was made last, of those that keep a chain. */
function latestRun(): string | undefined {
  const runs = ['start', 'scenario', 'replay', 'heat-wave']
    .map((name) => stateDirOf(name))
    .filter((folder) => existsSync(join(folder, 'channels')));
  return runs.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

const evidenceFiles = (stateDir: string): string[] => {
  const folder = join(stateDir, 'evidence');
  return existsSync(folder)
    ? readdirSync(folder)
        .map((name) => join(folder, name))
        .sort()
    : [];
};

const printChecks = (checks: readonly Check[]) =>
  checks
    .map(({ name, ok, detail }) => `  ${ok ? '✓' : '✗'} ${name}${detail === undefined ? '' : ` (${detail})`}`)
    .join('\n');

async function verify(options: Options): Promise<void> {
  const stateDir = options.stateDir ?? latestRun();
  const hasChain = stateDir !== undefined && existsSync(join(stateDir, 'channels'));
  if (!hasChain && options.evidence === undefined) {
    process.stderr.write(
      'roamgrid: no run here to verify; make one with `npm start` or name it with --state-dir\n',
    );
    process.exitCode = EXIT_CODES.refused;
    return;
  }
  let read: ReadPublic | undefined;
  const chain = hasChain
    ? await verifyChain(join(stateDir, 'channels', DEFAULT_CHANNEL), {
        onState: (state) => {
          read = (key) => state(CHAINCODE_NAME, key);
        },
      })
    : undefined;
  const files = options.evidence === undefined ? evidenceFiles(stateDir ?? '') : [options.evidence];
  const bills = [];
  for (const file of files) {
    const evidence = billEvidence.parse(JSON.parse(readFileSync(file, 'utf8')));
    bills.push({ sessionId: evidence.sessionId, checks: await verifyBill(evidence, DEFAULT_CHANNEL, read) });
  }
  const good = (chain?.verified ?? true) && bills.every(({ checks }) => checks.every(({ ok }) => ok));
  if (options.json === true) process.stdout.write(`${JSON.stringify({ verified: good, chain, bills })}\n`);
  else {
    if (chain) {
      process.stdout.write(
        `chain of ${chain.blocks} blocks and ${chain.transactions} transactions: ${chain.verified ? 'verified' : 'BROKEN'}\n`,
      );
      for (const problem of chain.problems) process.stdout.write(`  ✗ ${problem}\n`);
    } else process.stdout.write('no chain at hand: the public records of the evidence are taken on trust\n');
    for (const { sessionId, checks } of bills)
      process.stdout.write(`session ${sessionId}\n${printChecks(checks)}\n`);
  }
  process.exitCode = good ? EXIT_CODES.ok : EXIT_CODES.checkFailed;
}

/** `roamgrid verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'check every block of a run again, and each billed session from the meter’s signature to the net position',
    )
    .option('--state-dir <folder>', 'folder of the run (default: the latest of start, scenario and replay)')
    .option('--evidence <file>', 'one session’s evidence; without it all that the run left')
    .option('--json', 'print one JSON object')
    .action(verify);
}
