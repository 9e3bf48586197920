import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { UtilityDefinition } from './consortium.ts';
import { KeyRing } from './key-ring.ts';
import { startEmbeddedLedger, type LocalLedger } from './ledger.ts';
import { startUtility, type RunningUtility, type SystemTuning } from './utility.ts';

export type LedgerKind = 'embedded' | 'native';

export interface SystemOptions {
  /** Folder of keys, chain and databases. */
  readonly stateDir: string;
  readonly utilities: readonly UtilityDefinition[];
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

/** Start the ledger and every utility's services. Nothing is registered yet. */
export async function startSystem({
  stateDir,
  utilities,
  tuning,
  progress,
}: SystemOptions): Promise<LocalSystem> {
  mkdirSync(stateDir, { recursive: true });
  const keys = new KeyRing(join(stateDir, 'keys.json'));
  progress(
    'starting the embedded ledger: one peer for all organisations, one chaincode process for each utility',
  );
  const ledger = await startEmbeddedLedger(stateDir, utilities);
  const running: RunningUtility[] = [];
  try {
    for (const definition of utilities) {
      progress(`starting ${definition.name}: gateway, AAA node, roaming router`);
      running.push(await startUtility(definition, ledger.endpoint(definition.mspId), keys, stateDir, tuning));
    }
  } catch (error) {
    await Promise.all(running.map((utility) => utility.close()));
    await ledger.stop();
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
    close: async () => {
      await Promise.all(running.map((utility) => utility.close()));
      await ledger.stop();
    },
  };
}
