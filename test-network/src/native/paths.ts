/** Where the native network keeps its keys, blocks, logs and process ids. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** Ignored by git. */
export const DEFAULT_STATE_DIR = join(repository, '.roamgrid', 'native');

export class NetworkPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  readonly stateFile = (): string => join(this.root, 'state.json');
  readonly configtxDir = (): string => join(this.root, 'configtx');
  readonly channelBlock = (): string => join(this.root, 'channel.block');
  readonly builderDir = (): string => join(this.root, 'builder');
  readonly chaincodeDir = (label: string): string => join(this.root, 'chaincode', label);
  readonly scratch = (name: string): string => join(this.root, 'scratch', name);
  readonly organisation = (mspId: string): string => join(this.root, 'organizations', mspId);
  readonly node = (id: string): string => join(this.root, 'nodes', id);
  readonly log = (id: string): string => join(this.node(id), 'output.log');
  readonly pid = (id: string): string => join(this.node(id), 'process.json');
}
