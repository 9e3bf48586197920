/** The embedded development peer as a process of its own: `node --import tsx main.ts --config network.json`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { DEFAULT_CHANNEL, DEFAULT_STATE_DIR } from './config.ts';
import type { EmbeddedConfig } from './config.ts';
import { verifyChain } from './ledger/verify-chain.ts';
import { startEmbedded } from './start.ts';

interface RunOptions {
  readonly config?: string;
  readonly stateDir?: string;
  readonly organization: string[];
  readonly verbose?: boolean;
  readonly endWithInput?: boolean;
}

async function readConfig(options: RunOptions): Promise<EmbeddedConfig> {
  const file =
    options.config === undefined ? {} : (JSON.parse(await readFile(options.config, 'utf8')) as object);
  const named = options.organization.map((mspId) => ({ mspId }));
  const merged: Partial<EmbeddedConfig> = {
    stateDir: DEFAULT_STATE_DIR,
    chaincodes: [],
    ...file,
    ...(options.stateDir === undefined ? {} : { stateDir: options.stateDir }),
    ...(named.length === 0 ? {} : { organizations: named }),
    ...(options.verbose === true ? { log: (line: string) => process.stderr.write(`${line}\n`) } : {}),
  };
  if ((merged.organizations ?? []).length === 0) {
    throw new Error('no organisations: name them by --organization or in the configuration file');
  }
  return merged as EmbeddedConfig;
}

async function run(options: RunOptions): Promise<void> {
  const startedMs = performance.now();
  const network = await startEmbedded(await readConfig(options));
  const ready = {
    ready: true,
    pid: process.pid,
    startedInMs: Math.round(performance.now() - startedMs),
    sinceProcessStartMs: Math.round(performance.now()),
    stateDir: network.stateDir,
    channel: network.channel,
    height: network.height(),
    organizations: network.organizations.map(({ mspId, address, tlsRootCertPath }) => ({
      mspId,
      address,
      tlsRootCertPath,
    })),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const stop = (code: number): void => {
    void network.stop().then(() => process.exit(code));
  };
  process.once('SIGTERM', () => {
    stop(0);
  });
  process.once('SIGINT', () => {
    stop(0);
  });
  if (options.endWithInput === true) {
    process.stdin.once('end', () => {
      stop(1);
    });
    process.stdin.resume();
  }
  const reason = await network.failed;
  process.stderr.write(`the ledger stopped: ${reason.message}\n`);
  process.exit(1);
}

const program = new Command('embedded')
  .description('Embedded development peer: a Fabric network in one process. Not for production.')
  .option('--config <file>', 'JSON file with organizations, chaincodes, batch and limits')
  .option('--state-dir <folder>', `folder of keys, blocks and state (default ${DEFAULT_STATE_DIR})`)
  .option('--organization <mspId...>', 'organisations, when no file names them', [])
  .option('--verbose', 'log to standard error')
  .option(
    '--end-with-input',
    'end when standard input closes, as it does when the process that holds it ends',
  )
  .addHelpText(
    'after',
    '\nPrints one JSON line when ready: pid, channel, and address and TLS root of each organisation.',
  )
  .action((options: RunOptions) => run(options));

program
  .command('verify')
  .description('Verifies hashes, signatures and state of a stopped network and prints a JSON report')
  .option('--state-dir <folder>', 'folder of the network', DEFAULT_STATE_DIR)
  .option('--channel <name>', 'channel', DEFAULT_CHANNEL)
  .action(async ({ stateDir, channel }: { stateDir: string; channel: string }) => {
    const report = await verifyChain(join(stateDir, 'channels', channel));
    process.stdout.write(`${JSON.stringify(report)}\n`);
    process.exitCode = report.verified ? 0 : 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
