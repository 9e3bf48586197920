import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { SUBPROTOCOLS } from '../../edge/rpc.ts';
import { childPeer } from './child-peer.ts';
import type { StationPeer } from './peer.ts';
import { virtualChargePoint } from './virtual-charge-point.ts';

const isVirtualChargePoint = (folder: string): boolean => {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: string }).name === 'ocpp-vcp-nodejs';
};

const canImport = (python: string): boolean =>
  spawnSync(python, ['-c', 'import ocpp, websockets'], { stdio: 'ignore' }).status === 0;

/** Folders as `ROAMGRID_PEERS` names them: of Python environments, and of checked out programs. */
export const namedFolders = (named = ''): readonly string[] =>
  named.split(delimiter).filter((folder) => folder !== '');

export interface NamedPeer {
  readonly name: string;
  /** One a version; none where it is not installed. */
  readonly peers: readonly StationPeer[];
}

/** Peers that are not in the npm registry, where they are installed. */
export const namedPeers = (folders: readonly string[]): readonly NamedPeer[] => {
  const python = folders
    .map((folder) => join(folder, 'bin', 'python3'))
    .find((file) => existsSync(file) && canImport(file));
  const program = join(import.meta.dirname, 'station.py');
  const folder = folders.find(isVirtualChargePoint);
  return [
    {
      name: 'ocpp (PyPI)',
      peers: SUBPROTOCOLS.flatMap((protocol) =>
        python === undefined
          ? []
          : [childPeer({ name: 'ocpp (PyPI)', protocol, program: python, args: [program] })],
      ),
    },
    {
      name: 'ocpp-virtual-charge-point',
      peers: SUBPROTOCOLS.flatMap((protocol) =>
        folder === undefined ? [] : [virtualChargePoint(folder, protocol)],
      ),
    },
  ];
};
