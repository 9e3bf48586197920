import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { UtilityDefinition } from './consortium.ts';
import { KeyRing } from './key-ring.ts';
import type { LocalLedger } from './ledger.ts';
import { startEmbeddedLedger } from './ledger-embedded.ts';
import { startNativeLedger, type Consensus } from './ledger-native.ts';
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
  /** Told what is going on, for a person who waits. */
  readonly progress: (text: string) => void;
}

/** The whole consortium on this machine. */
export interface LocalSystem {
  readonly stateDir: string;
  readonly ledger: LocalLedger;
  readonly keys: KeyRing;
  /** The running services of a utility. */
  utility(utilityId: string): RunningUtility;
  /**
   * Ends the ledger's life in simulated time: commands are proposed at the wall's, and endorsers sign no others from now
   * on. A system that never lived there is live from the first.
   */
  goLive(): Promise<void>;
  close(): Promise<void>;
}

const isSimulated = ({ tuning }: SystemOptions): boolean => tuning.simulated?.ledger === true;

function startLedger(options: SystemOptions): Promise<LocalLedger> {
  const { ledger, stateDir, utilities, progress } = options;
  const clock = isSimulated(options) ? 'simulated' : 'on';
  if (ledger.kind === 'embedded') {
    progress(
      'starting the embedded ledger: one peer for all organisations, one chaincode process for each utility',
    );
    return startEmbeddedLedger(stateDir, utilities, clock);
  }
  progress(`starting Fabric's own peers and orderers (${ledger.orderer})`);
  return startNativeLedger(stateDir, utilities, ledger.orderer, clock, progress);
}

/** Start the ledger and every utility's services. Nothing is registered yet. */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const { stateDir, utilities, tuning, progress } = options;
  let isLive = !isSimulated(options);
  const proposalTimeMs = () => (isLive ? undefined : tuning.simulated?.nowMs());
  mkdirSync(stateDir, { recursive: true });
  const keys = new KeyRing(join(stateDir, 'keys.json'));
  const ledger = await startLedger(options);
  const running: RunningUtility[] = [];
  const close = async () => {
    await Promise.all(running.map((utility) => utility.close()));
    await ledger.stop();
  };
  try {
    for (const definition of utilities) {
      progress(`starting ${definition.name}: gateway, AAA node, roaming router`);
      const endpoint = ledger.endpoint(definition.mspId);
      const own = { ...tuning, proposalTimeMs };
      running.push(await startUtility(definition, endpoint, keys, stateDir, own, progress));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    stateDir,
    ledger,
    keys,
    utility: (utilityId) => {
      const found = running.find((each) => each.definition.utilityId === utilityId);
      if (!found) throw new Error(`no utility ${utilityId} runs here`);
      return found;
    },
    goLive: async () => {
      if (!isLive && tuning.gatewayProcesses === true)
        throw new Error(
          'a gateway that is a process of its own proposes in the simulated time as long as it lives',
        );
      // First, so that what is refused in between is proposed again at the wall's time.
      isLive = true;
      await ledger.guardTime();
    },
    close,
  };
}
