import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interface, type InterfaceAbi } from 'ethers';
import { z } from 'zod';

export type ContractName = 'SessionEscrow' | 'NettingEscrow' | 'TestToken' | 'OddToken' | 'SigningWallet';

const artifact = z.object({ contract: z.string(), abi: z.array(z.unknown()), bytecode: z.string() });

export interface Artifact {
  readonly interface: Interface;
  readonly bytecode: string;
}

const loaded = new Map<ContractName, Artifact>();

/** A compiled contract, from the file that `npm run contracts -w escrow` wrote. */
export const artifactOf = (name: ContractName): Artifact => {
  const before = loaded.get(name);
  if (before !== undefined) return before;
  const path = join(import.meta.dirname, '..', '..', 'artifacts', `${name}.json`);
  const { abi, bytecode } = artifact.parse(JSON.parse(readFileSync(path, 'utf8')));
  const made = { interface: new Interface(abi as InterfaceAbi), bytecode };
  loaded.set(name, made);
  return made;
};
