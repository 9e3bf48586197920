/** The processes of a native network and the ports that each listens on. */
import { activeOrderers, type Consortium, type Organisation } from '@roamgrid/network';
import { PORTS_PER_NODE } from './ports.ts';

export type NodeKind = 'orderer' | 'peer' | 'chaincode';

export interface NetworkNode {
  /** Such as `ordering-duke-energy`, `peer-duke-energy`, `chaincode-duke-energy`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly organisation: Organisation;
  /** What others connect to. */
  readonly port: number;
  /** Channel participation API of an orderer; unused chaincode listener of a peer. */
  readonly secondPort: number;
  /** Health and metrics of an orderer or peer. */
  readonly operationsPort: number;
}

export const peerId = ({ id }: Organisation): string => `peer-${id}`;
export const chaincodeId = ({ id }: Organisation): string => `chaincode-${id}`;

/**
 * All nodes in starting order. A node keeps its ports when utilities are added: orderers and auditors come first,
 * then each utility's peer and chaincode.
 */
export function topology(consortium: Consortium, basePort: number): NetworkNode[] {
  const slots: { id: string; kind: NodeKind; organisation: Organisation }[] = [
    ...activeOrderers(consortium).map((o) => ({ id: o.id, kind: 'orderer' as const, organisation: o })),
    ...consortium.auditors.map((o) => ({ id: peerId(o), kind: 'peer' as const, organisation: o })),
    ...consortium.utilities.flatMap((o) => [
      { id: peerId(o), kind: 'peer' as const, organisation: o },
      { id: chaincodeId(o), kind: 'chaincode' as const, organisation: o },
    ]),
  ];
  return slots.map((slot, index) => {
    const port = basePort + index * PORTS_PER_NODE;
    return { ...slot, port, secondPort: port + 1, operationsPort: port + 2 };
  });
}

/** The organisation's node of a kind. Throws when it has none. */
export function nodeOf(
  nodes: readonly NetworkNode[],
  organisation: Organisation,
  kind: NodeKind,
): NetworkNode {
  const found = nodes.find((node) => node.kind === kind && node.organisation.mspId === organisation.mspId);
  if (found === undefined) throw new Error(`${organisation.name} has no ${kind}`);
  return found;
}
