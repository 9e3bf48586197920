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
  close(): Promise<void>;
}

function startLedger({ ledger, stateDir, utilities, progress }: SystemOptions): Promise<LocalLedger> {
  if (ledger.kind === 'embedded') {
    progress(
      'starting the embedded ledger: one peer for all organisations, one chaincode process for each utility',
    );
    return startEmbeddedLedger(stateDir, utilities);
  }
  progress(`starting Fabric's own peers and orderers (${ledger.orderer})`);
  return startNativeLedger(stateDir, utilities, ledger.orderer, progress);
}

/** Start the ledger and every utility's services. Nothing is registered yet. */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const { stateDir, utilities, tuning, progress } = options;
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
      running.push(await startUtility(definition, endpoint, keys, stateDir, tuning, progress));
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
    close,
  };
}
