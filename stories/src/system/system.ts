import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFilesPrivate, privateFolder } from '@roamgrid/service-kit/runtime';
import { NOTHING_BETWEEN, type Between } from './between.ts';
import { keepDoors } from '../audit/doors.ts';
import { startChain, type LocalChain } from './chain.ts';
import type { UtilityDefinition } from './consortium.ts';
import { KeyRing } from './key-ring.ts';
import type { LocalLedger } from './ledger.ts';
import { startEmbeddedLedger } from './ledger-embedded.ts';
import { startNativeLedger, type Consensus } from './ledger-native.ts';
import { createSupervisor, type Supervisor } from '@roamgrid/utility';
import { databasePart, urlsBetween, type ServiceUrl } from './database.ts';
import { PortBook } from './port-book.ts';
import { startUtility, type RunningUtility, type SystemTuning } from './utility.ts';

/** Which ledger: the embedded development peer, or Fabric's own peers under a way of ordering. */
export type LedgerChoice =
  { readonly kind: 'embedded' } | { readonly kind: 'native'; readonly orderer: Consensus };

export interface SystemOptions {
  /** Folder of keys, chain and databases. */
  readonly stateDir: string;
  readonly utilities: readonly UtilityDefinition[];
  readonly ledger: LedgerChoice;
  readonly tuning: SystemTuning;
  /** Stands on the way of connections to parts; nothing when absent. */
  readonly between?: Between;
  /** Told what is going on, for a person who waits. */
  readonly progress: (text: string) => void;
}

/** The whole consortium on this machine. */
export interface LocalSystem {
  readonly stateDir: string;
  readonly ledger: LocalLedger;
  readonly keys: KeyRing;
  /** Every part of it by name: `postgres`, `peer`, `<utility>/chaincode`, `<utility>/gateway`, `/aaa`, `/router`. */
  readonly supervisor: Supervisor;
  /** The running services of all utilities, in their order. */
  readonly utilities: readonly RunningUtility[];
  /** The running services of a utility. */
  utility(utilityId: string): RunningUtility;
  /** The chain, where there is one; it runs once somebody asked it. */
  readonly chain: LocalChain | undefined;
  /** The port that a part beside the utilities' own always has. */
  port(name: string): Promise<number>;
  /** Where such a part keeps its rows: a schema of its own, as a role that sees nothing of the others. */
  readonly databaseUrlFor: ServiceUrl;
  /**
   * Ends the ledger's life in simulated time: commands are proposed at the wall's, and endorsers sign no others from now
   * on. A system that never lived there is live from the first.
   */
  goLive(): Promise<void>;
  close(): Promise<void>;
}

const isSimulated = ({ tuning }: SystemOptions): boolean => tuning.simulated?.ledger === true;

function startLedger(options: SystemOptions, supervisor: Supervisor, ports: PortBook): Promise<LocalLedger> {
  const { ledger, stateDir, utilities, progress, between = NOTHING_BETWEEN } = options;
  const clock = isSimulated(options) ? 'simulated' : 'on';
  if (ledger.kind === 'embedded') {
    progress(
      'starting the embedded ledger: one peer for all organisations, one chaincode process for each utility',
    );
    return startEmbeddedLedger(stateDir, utilities, clock, supervisor, { ports, between });
  }
  progress(`starting Fabric's own peers and orderers (${ledger.orderer})`);
  return startNativeLedger(stateDir, utilities, ledger.orderer, clock, supervisor, { between, progress });
}

/** Which processes the parts are now, for who watches or disturbs a system from outside. */
const tellParts = (stateDir: string, supervisor: Supervisor): void => {
  const parts = supervisor.parts.map(
    ({ name, state, pids, restarts }) => [name, { state, pids, restarts }] as const,
  );
  const aside = join(stateDir, 'parts.json.new');
  writeFileSync(aside, JSON.stringify(Object.fromEntries(parts)), { mode: 0o600 });
  renameSync(aside, join(stateDir, 'parts.json'));
};

/**
 * Start the database, the ledger and every utility's services, and keep them up. On a folder that was used before, each
 * part goes on with its own data at its own address. Nothing is registered at the first start.
 */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const { stateDir, utilities, tuning, progress, between = NOTHING_BETWEEN } = options;
  let isLive = !isSimulated(options);
  const proposalTimeMs = () => (isLive ? undefined : tuning.simulated?.nowMs());
  keepFilesPrivate();
  privateFolder(stateDir);
  const keys = new KeyRing(join(stateDir, 'keys.json'));
  const ports = new PortBook(join(stateDir, 'ports.json'));
  const supervisor: Supervisor = createSupervisor(progress, {
    onChange: () => {
      tellParts(stateDir, supervisor);
    },
  });
  try {
    const database = databasePart(stateDir);
    const databaseRuns = supervisor.run(database.part);
    const [ledger] = await Promise.all([startLedger(options, supervisor, ports), databaseRuns]);
    const databaseUrlFor = await urlsBetween(database, between);
    const running: RunningUtility[] = [];
    const chain =
      tuning.byToken && (await startChain(tuning.byToken, { stateDir, keys, ports, supervisor, utilities }));
    for (const definition of utilities) {
      progress(`starting ${definition.name}: gateway, AAA node, roaming router`);
      const ground = {
        ledger: ledger.endpoint(definition.mspId),
        keys,
        ports,
        between,
        stateDir,
        databaseUrlFor,
        supervisor,
        token: chain?.settingsOf(definition.utilityId),
      };
      running.push(await startUtility(definition, ground, { ...tuning, proposalTimeMs }));
    }
    for (const role of ['auditor', 'authority'] as const)
      keepDoors(stateDir, role, {
        iss: role,
        key: keys.key(role),
        utilities: running.map(({ definition, gateway }) => ({
          utilityId: definition.utilityId,
          gateway: gateway.url,
        })),
      });
    return {
      stateDir,
      ledger,
      keys,
      supervisor,
      utilities: running,
      chain,
      port: (name) => ports.port(name),
      databaseUrlFor,
      utility: (utilityId) => {
        const found = running.find((each) => each.definition.utilityId === utilityId);
        if (!found) throw new Error(`no utility ${utilityId} runs here`);
        return found;
      },
      goLive: async () => {
        if (!isLive && tuning.processes?.includes('gateway') === true)
          throw new Error(
            'a gateway that is a process of its own proposes in the simulated time as long as it lives',
          );
        // First, so that what is refused in between is proposed again at the wall's time.
        isLive = true;
        await ledger.guardTime();
      },
      close: () => supervisor.stop(),
    };
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}
