import { join } from 'node:path';
import { bundle } from '@roamgrid/chaincode/bundle';
import { storedTexts } from '@roamgrid/test-network';

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

/** The consortium's ledger on this machine. Nothing but this file's makers knows which kind it is. */
export interface LocalLedger {
  readonly kind: 'embedded' | 'native';
  endpoint(mspId: string): LedgerEndpoint;
  /** From now on endorsers sign nothing that is dated away from their hosts' clocks. It is not undone. */
  guardTime(): Promise<void>;
  /**
   * Who has any of these texts in its peer's files, or its orderer's: organisations by their MSP's id; `everybody` for what
   * a development peer keeps for all.
   */
  holders(texts: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Check every block again. A development peer pauses meanwhile. */
  verify(): Promise<ChainVerdict>;
}

/** Bundle the contracts into a folder of the run; returns the program that a chaincode process runs. */
export async function bundleChaincode(stateDir: string): Promise<string> {
  const folder = join(stateDir, 'chaincode-bundle');
  await bundle(folder);
  return join(folder, 'server.cjs');
}

/** Who has which texts, of what each has in a folder. */
export async function holdersIn(
  stores: readonly {
    readonly holder: string;
    readonly folder: string;
    readonly skipped?: readonly string[];
  }[],
  texts: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>(texts.map((text) => [text, []]));
  for (const { holder, folder, skipped = [] } of stores)
    for (const text of await storedTexts(folder, texts, skipped)) found.get(text)?.push(holder);
  return found;
}

/** Files of an organisation's users, as the embedded peer and the native network both lay them out. */
export const userFiles = (stateDir: string, mspId: string, name: string) => {
  const folder = join(stateDir, 'organizations', mspId, 'users', name);
  return { certificatePath: join(folder, 'cert.pem'), privateKeyPath: join(folder, 'key.pem') };
};
