/** The consortium as the `configtx.yaml` that configtxgen reads. Paths in it must be absolute. */
import { stringify } from 'yaml';
import type { Consortium, Organisation } from '../consortium/schema.ts';
import { activeOrderers } from '../consortium/derived.ts';
import {
  applicationPolicies,
  auditorPolicies,
  channelPolicies,
  ordererPolicies,
  orderingPolicies,
  utilityPolicies,
  type NamedPolicies,
} from '../policy/consortium-policies.ts';
import { policyText } from '../policy/policy.ts';

/** The profile that the file defines. */
export const CHANNEL_PROFILE = 'Consortium';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where the parts of a consortium lie on one machine or on real hosts. */
export interface Placement {
  /** Folder of the organisation's public MSP. */
  mspDir(organisation: Organisation): string;
  anchorPeer(organisation: Organisation): Address;
  orderer(organisation: Organisation): Address;
  /** Certificate files of the organisation's orderer. */
  ordererCertificates(organisation: Organisation): { readonly tls: string; readonly identity: string };
}

const policies = (named: NamedPolicies): object =>
  Object.fromEntries(
    Object.entries(named).map(([name, policy]) => [name, { Type: policy.type, Rule: policyText(policy) }]),
  );

const peerOrganisation = (
  organisation: Organisation,
  named: NamedPolicies,
  placement: Placement,
): object => ({
  Name: organisation.mspId,
  ID: organisation.mspId,
  MSPDir: placement.mspDir(organisation),
  Policies: policies(named),
  AnchorPeers: [capitalised(placement.anchorPeer(organisation))],
});

const capitalised = ({ host, port }: Address): object => ({ Host: host, Port: port });

const enabled = (capability: string): object => ({ [capability]: true });

const ms = (duration: number): string => `${duration}ms`;

function consensus(consortium: Consortium, placement: Placement): object {
  const { raft, bft, consensus: kind } = consortium.ordering;
  const nodes = activeOrderers(consortium).map((organisation, index) => {
    const { tls, identity } = placement.ordererCertificates(organisation);
    const tlsFiles = { ClientTLSCert: tls, ServerTLSCert: tls };
    const address = capitalised(placement.orderer(organisation));
    return {
      raft: { ...address, ...tlsFiles },
      bft: { ID: index + 1, ...address, MSPID: organisation.mspId, Identity: identity, ...tlsFiles },
    };
  });
  if (kind === 'raft') {
    return {
      OrdererType: 'etcdraft',
      EtcdRaft: {
        Consenters: nodes.map((node) => node.raft),
        Options: {
          TickInterval: ms(raft.tickMs),
          ElectionTick: raft.electionTicks,
          HeartbeatTick: raft.heartbeatTicks,
          MaxInflightBlocks: raft.maxInflightBlocks,
          SnapshotIntervalSize: raft.snapshotBytes,
        },
      },
    };
  }
  return {
    OrdererType: 'BFT',
    ConsenterMapping: nodes.map((node) => node.bft),
    SmartBFT: {
      RequestBatchMaxInterval: ms(consortium.channel.block.timeoutMs),
      RequestForwardTimeout: ms(bft.requestForwardTimeoutMs),
      RequestComplainTimeout: ms(bft.requestComplainTimeoutMs),
      RequestAutoRemoveTimeout: ms(bft.requestAutoRemoveTimeoutMs),
      ViewChangeResendInterval: ms(bft.viewChangeResendMs),
      ViewChangeTimeout: ms(bft.viewChangeTimeoutMs),
      LeaderHeartbeatTimeout: ms(bft.leaderHeartbeatTimeoutMs),
      LeaderHeartbeatCount: bft.leaderHeartbeatCount,
      CollectTimeout: ms(bft.collectTimeoutMs),
      IncomingMessageBufferSize: bft.incomingMessageBufferSize,
      RequestPoolSize: bft.requestPoolSize,
    },
  };
}

/** The file's content as plain data. */
export function configtx(consortium: Consortium, placement: Placement): object {
  const { channel } = consortium;
  const orderingOrganisations = activeOrderers(consortium).map((organisation) => {
    const { host, port } = placement.orderer(organisation);
    return {
      Name: organisation.mspId,
      ID: organisation.mspId,
      MSPDir: placement.mspDir(organisation),
      Policies: policies(orderingPolicies(organisation.mspId)),
      OrdererEndpoints: [`${host}:${port}`],
    };
  });
  return {
    Profiles: {
      [CHANNEL_PROFILE]: {
        Policies: policies(channelPolicies),
        Capabilities: enabled(channel.capabilities.channel),
        Orderer: {
          ...consensus(consortium, placement),
          BatchTimeout: ms(channel.block.timeoutMs),
          BatchSize: {
            MaxMessageCount: channel.block.maxMessageCount,
            AbsoluteMaxBytes: channel.block.absoluteMaxBytes,
            PreferredMaxBytes: channel.block.preferredMaxBytes,
          },
          Organizations: orderingOrganisations,
          Policies: policies(ordererPolicies),
          Capabilities: enabled(channel.capabilities.orderer),
        },
        Application: {
          ACLs: channel.acls,
          Organizations: [
            ...consortium.utilities.map((o) => peerOrganisation(o, utilityPolicies(o.mspId), placement)),
            ...consortium.auditors.map((o) => peerOrganisation(o, auditorPolicies(o.mspId), placement)),
          ],
          Policies: policies(applicationPolicies),
          Capabilities: enabled(channel.capabilities.application),
        },
      },
    },
  };
}

/** The file's text. */
export const configtxYaml = (consortium: Consortium, placement: Placement): string =>
  stringify(configtx(consortium, placement), { aliasDuplicateObjects: false });
