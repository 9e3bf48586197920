import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import {
  DEFAULT_CHANNEL,
  freePort,
  startChaincodeProcess,
  verifyChain,
  type ChaincodeProcess,
  type EmbeddedConfig,
} from '@roamgrid/test-network';
import { z } from 'zod';
import { AUDITOR_MSP, UTILITY_ROLES, type UtilityDefinition } from './consortium.ts';

const readyLine = z.object({
  ready: z.literal(true),
  startedInMs: z.number(),
  organizations: z.array(z.object({ mspId: z.string(), address: z.string(), tlsRootCertPath: z.string() })),
});

/** Where an organisation's peer is and who may speak to it. */
export interface LedgerEndpoint {
  readonly channel: string;
  readonly mspId: string;
  readonly address: string;
  readonly tlsRootCertPath: string;
  /** Certificate and key files of the identity that has this role. */
  user(role: string): { certificatePath: string; privateKeyPath: string };
}

export interface ChainVerdict {
  readonly verified: boolean;
  readonly blocks: number;
  readonly problems: readonly string[];
}

export interface LocalLedger {
  readonly kind: 'embedded' | 'native';
  readonly stateDir: string;
  readonly startedInMs: number;
  endpoint(mspId: string): LedgerEndpoint;
  /** Check every block, signature and state again, from the files. A development peer pauses meanwhile. */
  verify(): Promise<ChainVerdict>;
  /** Ends every process of the ledger; the chain stays in its folder. */
  stop(): Promise<void>;
}

const PACKAGES = join(import.meta.dirname, '..', '..', '..');
const PEER_PROGRAM = join(PACKAGES, 'test-network', 'src', 'embedded', 'main.ts');
const CHAINCODE_PROGRAM = join(PACKAGES, 'chaincode', 'src', 'server.ts');

async function startPeer(
  configPath: string,
): Promise<{ child: ChildProcess; ready: z.infer<typeof readyLine> }> {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), PEER_PROGRAM, '--config', configPath],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<z.infer<typeof readyLine>>((resolve, reject) => {
    lines.once('line', (line) => resolve(readyLine.parse(JSON.parse(line))));
    child.once('exit', (code) =>
      reject(new Error(`the embedded peer ended with code ${code ?? 'none'} before it was ready`)),
    );
  });
  return { child, ready };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Files of an organisation's users, as the embedded peer and the native network both lay them out. */
export const userFiles = (stateDir: string, mspId: string, name: string) => {
  const folder = join(stateDir, 'organizations', mspId, 'users', name);
  return { certificatePath: join(folder, 'cert.pem'), privateKeyPath: join(folder, 'key.pem') };
};

/** Start the embedded ledger: one peer process for all organisations, one chaincode process for each utility. */
export async function startEmbeddedLedger(
  stateDir: string,
  utilities: readonly UtilityDefinition[],
): Promise<LocalLedger> {
  const chaincodes: ChaincodeProcess[] = await Promise.all(
    utilities.map(({ mspId }) =>
      startChaincodeProcess({ path: CHAINCODE_PROGRAM, mspId, ccid: `${CHAINCODE_NAME}:1` }),
    ),
  );
  // Fixed ports, so that clients find the peer again after a pause.
  const ports: number[] = [];
  for (let i = 0; i <= utilities.length; i += 1) ports.push(await freePort());
  const majority = Math.floor(utilities.length / 2) + 1;
  const config: Omit<EmbeddedConfig, 'log'> = {
    stateDir,
    organizations: [
      ...utilities.map(({ mspId }, i) => ({
        mspId,
        port: ports[i] ?? 0,
        users: UTILITY_ROLES.map((role) => ({ name: role, attributes: { role } })),
      })),
      {
        mspId: AUDITOR_MSP,
        port: ports.at(-1) ?? 0,
        users: [{ name: 'auditor', attributes: { role: 'auditor' } }],
      },
    ],
    chaincodes: [
      {
        name: CHAINCODE_NAME,
        version: '1',
        endpoints: Object.fromEntries(utilities.map(({ mspId }, i) => [mspId, chaincodes[i]?.address ?? ''])),
        endorsementPolicy: `OutOf(${majority}, ${utilities.map(({ mspId }) => `'${mspId}.peer'`).join(', ')})`,
      },
    ],
  };
  const configPath = join(stateDir, 'embedded.json');
  writeFileSync(configPath, JSON.stringify(config));
  let { child, ready } = await startPeer(configPath);
  const stopPeer = async () => {
    child.kill('SIGTERM');
    await ended(child);
  };
  return {
    kind: 'embedded',
    stateDir,
    startedInMs: ready.startedInMs,
    endpoint: (mspId) => {
      const peer = ready.organizations.find((each) => each.mspId === mspId);
      if (!peer) throw new Error(`the ledger has no organisation ${mspId}`);
      return { channel: DEFAULT_CHANNEL, ...peer, user: (role) => userFiles(stateDir, mspId, role) };
    },
    verify: async () => {
      await stopPeer();
      const verdict = await verifyChain(join(stateDir, 'channels', DEFAULT_CHANNEL));
      ({ child, ready } = await startPeer(configPath));
      return verdict;
    },
    stop: async () => {
      await stopPeer();
      await Promise.all(chaincodes.map((chaincode) => chaincode.stop()));
    },
  };
}
