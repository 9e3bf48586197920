import { fileURLToPath } from 'node:url';
import { childPeer } from './child-peer.ts';
import type { StationPeer } from './peer.ts';

const npmPeer = (library: string, protocol: StationPeer['protocol']): StationPeer =>
  childPeer({
    ...{ name: library, protocol, program: process.execPath },
    args: ['--import', 'tsx', fileURLToPath(new URL('npm-station-child.ts', import.meta.url)), library],
  });

/** Client libraries of the npm registry that `npm test` installs. */
export const NPM_PEERS: readonly StationPeer[] = [
  npmPeer('@evpower/ocpp-ts', 'ocpp1.6'),
  npmPeer('@extrawest/node-ts-ocpp', 'ocpp2.0.1'),
];
