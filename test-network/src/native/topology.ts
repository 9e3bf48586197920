/** The processes of a native network and the ports that each listens on. */
import { activeOrderers, type Consortium, type Organisation } from '@roamgrid/network';
import { PORTS_PER_NODE } from './ports.ts';

export type NodeKind = 'orderer' | 'peer' | 'chaincode';

export interface NetworkNode {
  /** Such as `ordering-duke-energy`, `peer-duke-energy`, `chaincode-duke-energy`, `chaincode-duke-energy-audit`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly organisation: Organisation;
  /** Where it listens. */
  readonly port: number;
  /** By which others reach it: where it listens, unless something stands in between. */
  readonly outerPort: number;
  /** Channel participation API of an orderer; unused chaincode listener of a peer. */
  readonly secondPort: number;
  /** Health and metrics of an orderer or peer. */
  readonly operationsPort: number;
  /** Which of the deployed chaincodes a chaincode process runs; 0 for other nodes. */
  readonly slot: number;
}

/** By a node's id, for those that others do not reach where they listen. */
export type OuterPorts = Readonly<Record<string, number>>;

/** As many as an organisation's chaincode processes have ports. */
export const CHAINCODE_LIMIT = PORTS_PER_NODE;

export const peerId = ({ id }: Organisation): string => `peer-${id}`;
export const chaincodeId = ({ id }: Organisation): string => `chaincode-${id}`;

/**
 * All nodes in starting order. A node keeps its ports when utilities are added: orderers and auditors come first,
 * then each utility's peer and chaincode. Each chaincode besides the first is one more process a utility, on the
 * following ports of its first.
 */
export function topology(
  consortium: Consortium,
  basePort: number,
  furtherChaincodes: readonly string[] = [],
  outerPorts: OuterPorts = {},
): NetworkNode[] {
  const slots: { id: string; kind: NodeKind; organisation: Organisation }[] = [
    ...activeOrderers(consortium).map((o) => ({ id: o.id, kind: 'orderer' as const, organisation: o })),
    ...consortium.auditors.map((o) => ({ id: peerId(o), kind: 'peer' as const, organisation: o })),
    ...consortium.utilities.flatMap((o) => [
      { id: peerId(o), kind: 'peer' as const, organisation: o },
      { id: chaincodeId(o), kind: 'chaincode' as const, organisation: o },
    ]),
  ];
  const base = slots.map((slot, index): NetworkNode => {
    const port = basePort + index * PORTS_PER_NODE;
    const outerPort = outerPorts[slot.id] ?? port;
    return { ...slot, port, outerPort, secondPort: port + 1, operationsPort: port + 2, slot: 0 };
  });
  const further = base
    .filter((node) => node.kind === 'chaincode')
    .flatMap((node) =>
      furtherChaincodes.map((name, index) => ({
        ...node,
        id: `${node.id}-${name}`,
        port: node.port + index + 1,
        outerPort: node.port + index + 1,
        slot: index + 1,
      })),
    );
  return [...base, ...further];
}

/** Every port that the network reserves. */
export const reservedPorts = (consortium: Consortium, basePort: number): number[] =>
  topology(consortium, basePort).flatMap(({ port }) =>
    Array.from({ length: PORTS_PER_NODE }, (_, index) => port + index),
  );

/** The organisation's node of a kind, the first if there are several. Throws when it has none. */
export function nodeOf(
  nodes: readonly NetworkNode[],
  organisation: Organisation,
  kind: NodeKind,
): NetworkNode {
  const found = nodes.find((node) => node.kind === kind && node.organisation.mspId === organisation.mspId);
  if (found === undefined) throw new Error(`${organisation.name} has no ${kind}`);
  return found;
}
