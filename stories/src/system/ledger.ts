import { join } from 'node:path';
import { bundle } from '@roamgrid/chaincode/bundle';

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
  /** Check every block again. A development peer pauses meanwhile. */
  verify(): Promise<ChainVerdict>;
}

/** Bundle the contracts into a folder of the run; returns the program that a chaincode process runs. */
export async function bundleChaincode(stateDir: string): Promise<string> {
  const folder = join(stateDir, 'chaincode-bundle');
  await bundle(folder);
  return join(folder, 'server.cjs');
}

/** Files of an organisation's users, as the embedded peer and the native network both lay them out. */
export const userFiles = (stateDir: string, mspId: string, name: string) => {
  const folder = join(stateDir, 'organizations', mspId, 'users', name);
  return { certificatePath: join(folder, 'cert.pem'), privateKeyPath: join(folder, 'key.pem') };
};
