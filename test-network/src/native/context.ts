/** Everything that a step of the native network works with. */
import type { Consortium, Organisation } from '@roamgrid/network';
import { OrganisationFiles } from './crypto/organisation.ts';
import type { Binaries } from './fabric/binaries.ts';
import type { NetworkPaths } from './paths.ts';
import { topology, type NetworkNode, type OuterPorts } from './topology.ts';

/** Hears what is being done, a line each. */
export type Report = (line: string) => void;

export class NetworkContext {
  readonly paths: NetworkPaths;
  readonly consortium: Consortium;
  readonly binaries: Binaries;
  readonly basePort: number;
  readonly outerPorts: OuterPorts;
  readonly nodes: readonly NetworkNode[];
  readonly report: Report;

  constructor(parts: {
    paths: NetworkPaths;
    consortium: Consortium;
    binaries: Binaries;
    basePort: number;
    report: Report;
    /** Names of the chaincodes besides the first. */
    furtherChaincodes?: readonly string[];
    outerPorts?: OuterPorts;
  }) {
    this.paths = parts.paths;
    this.consortium = parts.consortium;
    this.binaries = parts.binaries;
    this.basePort = parts.basePort;
    this.report = parts.report;
    this.outerPorts = parts.outerPorts ?? {};
    this.nodes = topology(parts.consortium, parts.basePort, parts.furtherChaincodes, this.outerPorts);
  }

  readonly files = (organisation: Organisation): OrganisationFiles =>
    new OrganisationFiles(this.paths, organisation.mspId);

  readonly ofKind = (kind: NetworkNode['kind']): NetworkNode[] =>
    this.nodes.filter((node) => node.kind === kind);
}

/** Nodes listen on 127.0.0.1 and are called by this name, which their certificates bear. */
export const HOST = 'localhost';
export const LOOPBACK = '127.0.0.1';
