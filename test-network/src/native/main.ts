/** `npm run network:…`: the native Fabric network on this machine. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import {
  loadConsortium,
  nextUtility,
  withConsensus,
  withUtilityCount,
  type Utility,
} from '@roamgrid/network';
import { defaultChaincode } from './chaincode/source.ts';
import { connectionOf } from './connection.ts';
import { NativeNetworkError } from './errors.ts';
import { findBinaries } from './fabric/binaries.ts';
import { addUtility } from './network/add-utility.ts';
import { logs, restartOne, startOne, status, stopOne, type NetworkStatus } from './network/control.ts';
import { createChannel, deployChaincode } from './network/deploy.ts';
import { openNetwork } from './network/open.ts';
import { rebuildNode } from './network/rebuild.ts';
import { rotateCertificates } from './network/rotate.ts';
import { down, up } from './network/up.ts';
import { upgradeChaincode } from './network/upgrade.ts';
import { DEFAULT_STATE_DIR, NetworkPaths } from './paths.ts';
import { DEFAULT_BASE_PORT } from './ports.ts';
import { readState } from './state.ts';

const paths = (): NetworkPaths => new NetworkPaths(program.opts<{ state: string }>().state);
const wantsJson = (): boolean => program.opts<{ json?: boolean }>().json === true;
const report = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const print = (value: unknown, text: string): void => {
  process.stdout.write(`${wantsJson() ? JSON.stringify(value, undefined, 2) : text}\n`);
};

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new NativeNetworkError('COMMAND_FAILED', `${text} is not a whole number above zero`);
  return value;
};

function statusTable({ nodes, ordering, fabricVersion, chaincodes, leader, channel }: NetworkStatus): string {
  const lines = nodes.map((node) => {
    const height = node.height === undefined ? '' : `height ${node.height}`;
    return [
      node.id.padEnd(30),
      node.state.padEnd(10),
      node.address.padEnd(18),
      `pid ${node.pid ?? '-'}`.padEnd(12),
      height,
    ]
      .join(' ')
      .trimEnd();
  });
  const deployed = chaincodes.map(({ name, version }) => `${name} ${version}`).join(', ');
  const head = `channel ${channel}, ${ordering} ordering (leader ${leader ?? 'unknown'}), Fabric ${fabricVersion}, chaincode ${deployed}`;
  return [head, ...lines].join('\n');
}

async function printStatus(): Promise<void> {
  const found = await status({ paths: paths() });
  print(found, statusTable(found));
  if (!found.healthy) process.exitCode = 1;
}

interface DeployFlags {
  readonly chaincode: string;
  readonly name: string;
  readonly version: string;
  readonly channel?: string;
  readonly policy?: string;
  readonly collections?: string;
}

interface UpFlags {
  readonly orderer: 'raft' | 'bft';
  readonly utilities: number;
  readonly basePort: number;
  readonly chaincode?: string;
  readonly name?: string;
  readonly consortium?: string;
}

const program = new Command('network')
  .description("A consortium of Fabric's own peers and orderers on this machine, without containers.")
  .option('--state <folder>', 'keys, ledgers, logs and process ids', DEFAULT_STATE_DIR)
  .option('--json', 'print the result as JSON');

program
  .command('up')
  .description('start the network, or what has stopped of it')
  .addOption(
    new Option('--orderer <kind>', 'three Raft orderers, or four BFT ones (Fabric 3)')
      .choices(['raft', 'bft'])
      .default('raft'),
  )
  .option('--utilities <count>', 'how many utilities take part', wholeNumber, 2)
  .option('--base-port <port>', 'first of the ports', wholeNumber, DEFAULT_BASE_PORT)
  .option(
    '--chaincode <path>',
    'program, or folder with package.json (default: the bundled contracts, or else a probe)',
  )
  .option('--name <name>', 'name of the chaincode on the channel')
  .option('--consortium <file>', 'another consortium than network/consortium.json')
  .action(async (options: UpFlags, command: Command) => {
    const saved = await readState(paths());
    // A network that is there goes on as it is, unless the caller asks for something else in so many words.
    const asked = <K extends keyof UpFlags>(flag: K, there: UpFlags[K] | undefined): UpFlags[K] =>
      command.getOptionValueSource(flag) === 'default' && there !== undefined ? there : options[flag];
    const orderer = asked('orderer', saved?.consortium.ordering.consensus);
    const utilities = asked('utilities', saved?.consortium.utilities.length);
    const loaded = withUtilityCount(
      withConsensus(await loadConsortium(options.consortium), orderer),
      utilities,
    );
    const { name = loaded.chaincode.name, chaincode = defaultChaincode() } = options;
    const consortium = { ...loaded, chaincode: { ...loaded.chaincode, name } };
    await up({ paths: paths(), consortium, basePort: asked('basePort', saved?.basePort), chaincode, report });
    await printStatus();
  });

program
  .command('down')
  .description('stop every process and remove keys and ledgers')
  .option('--keep', 'leave keys and ledgers for the next start')
  .action(async ({ keep = false }: { keep?: boolean }) => {
    const wasThere = await down({ paths: paths(), keep });
    print(
      { wasThere, kept: keep },
      wasThere ? `the network is down${keep ? ', its ledgers are kept' : ''}` : 'there was no network',
    );
  });

program
  .command('status')
  .description('every node, its state and the height of its ledger')
  .action(printStatus);

program
  .command('connection')
  .description('endpoints and identity files of every member, for clients')
  .action(async () => {
    const { state } = await openNetwork({ paths: paths() });
    const connection = connectionOf(paths(), state);
    print(connection, connection.members.map((member) => `${member.mspId} ${member.endpoint}`).join('\n'));
  });

program
  .command('start <node>')
  .description('start one node')
  .action(async (node: string) => {
    await startOne(node, { paths: paths() });
    await printStatus();
  });

program
  .command('stop <node>')
  .description('stop one node')
  .option('--kill', 'without a chance to finish')
  .action(async (node: string, { kill }: { kill?: boolean }) => {
    await stopOne(node, { paths: paths() }, kill === true ? 'kill' : 'terminate');
    print({ stopped: node }, `${node} is stopped`);
  });

program
  .command('restart <node>')
  .description('stop and start one node')
  .action(async (node: string) => {
    await restartOne(node, { paths: paths() });
    await printStatus();
  });

program
  .command('logs <node>')
  .description("the end of a node's log")
  .action(async (node: string) => {
    const text = await logs(node, { paths: paths() });
    print({ node, log: text }, text);
  });

program
  .command('add-utility')
  .description('admit another utility to the running network')
  .option('--id <id>', 'lower-case id, such as georgia-power')
  .option('--name <name>', 'its full name')
  .option('--msp <mspId>', 'its MSP id')
  .option('--utility-id <utilityId>', 'country and party of its CINs, such as USGPC')
  .option('--domain <domain>', 'DNS name of its nodes')
  .action(
    async (options: { id?: string; name?: string; msp?: string; utilityId?: string; domain?: string }) => {
      const { state } = await openNetwork({ paths: paths() });
      const proposed = nextUtility(state.consortium);
      const {
        id = proposed.id,
        name = proposed.name,
        msp = proposed.mspId,
        domain = proposed.domain,
      } = options;
      const added: Utility = {
        id,
        name,
        mspId: msp,
        domain,
        utilityId: options.utilityId ?? proposed.utilityId,
      };
      await addUtility(added, { paths: paths(), report });
      await printStatus();
    },
  );

program
  .command('upgrade-chaincode')
  .description('replace the chaincode of the running network')
  .requiredOption('--chaincode <path>', 'program, or folder with package.json')
  .requiredOption('--version <version>', 'version of the new definition')
  .option('--name <name>', "which chaincode; the consortium's own by default")
  .action(async (options: { chaincode: string; version: string; name?: string }) => {
    await upgradeChaincode({ paths: paths(), report, ...options });
    await printStatus();
  });

program
  .command('rotate-certificates <node>')
  .description('new keys and certificates for one node, which the channel then names if it pins them')
  .action(async (node: string) => {
    await rotateCertificates(node, { paths: paths(), report });
    await printStatus();
  });

program
  .command('rebuild <node>')
  .description('remove what a peer or orderer holds and have it fetch everything from the others')
  .action(async (node: string) => {
    await rebuildNode(node, { paths: paths(), report });
    await printStatus();
  });

program
  .command('deploy')
  .description("run one more chaincode beside the consortium's own")
  .requiredOption('--chaincode <path>', 'program, or folder with package.json')
  .requiredOption('--name <name>', 'its name on the channel')
  .option('--version <version>', 'version of the definition', '1.0')
  .option('--channel <channel>', "the consortium's channel by default")
  .option('--policy <policy>', 'signature policy; a majority of utilities by default')
  .option('--collections <file>', "Fabric's collection configuration")
  .action(async (options: DeployFlags) => {
    const { state } = await openNetwork({ paths: paths() });
    const { channel = state.consortium.channel.name, policy, collections, ...rest } = options;
    const definition = {
      channel,
      ...(policy !== undefined && { policy }),
      ...(collections !== undefined && {
        collections: JSON.parse(await readFile(collections, 'utf8')) as object[],
      }),
    };
    await deployChaincode({ ...rest, paths: paths(), report, channels: [definition] });
    await printStatus();
  });

program
  .command('create-channel <name>')
  .description('one more channel of the same organisations')
  .action(async (name: string) => {
    await createChannel(name, { paths: paths(), report });
    print({ channel: name }, `channel ${name} is there, and every peer has joined it`);
  });

program
  .command('check')
  .description("tell whether Fabric's programs are on this machine; fails when they are not")
  .action(async () => {
    const { path, version } = await findBinaries();
    print({ version, path }, `Fabric ${version}: ${path.peer}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof NativeNetworkError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
