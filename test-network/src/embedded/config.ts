/** What the embedded development peer is told: organisations, chaincodes, collections, block cutting and limits. */

/** An identity of an organisation, made at first start. */
export interface UserConfig {
  /** Common name and folder name, for example `station-1`. */
  readonly name: string;
  /** Node organisational unit; `client` when absent. */
  readonly role?: 'client' | 'admin' | 'peer';
  /** Attributes of the Fabric CA certificate extension, for example `{ role: 'station' }`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface OrganizationConfig {
  readonly mspId: string;
  /** Users to make besides `Admin` and `User1`, which every organisation has. */
  readonly users?: readonly UserConfig[];
  /** TCP port of this organisation's peer; a free one when absent or 0. */
  readonly port?: number;
}

/** A private data collection, in the shape of Fabric's collection configuration file. */
export interface CollectionConfig {
  readonly name: string;
  /** Signature policy of the member organisations, for example `OR('A.member','B.member')`. */
  readonly policy: string;
  readonly requiredPeerCount?: number;
  readonly maxPeerCount?: number;
  /** Blocks that private data lives for; 0 or absent keeps it. */
  readonly blockToLive?: number;
  readonly memberOnlyRead?: boolean;
  readonly memberOnlyWrite?: boolean;
  readonly endorsementPolicy?: { readonly signaturePolicy: string };
}

/** A committed chaincode definition and where each organisation runs it. */
export interface ChaincodeConfig {
  readonly name: string;
  readonly version: string;
  /** `host:port` of the chaincode server by MSP id; an organisation without one cannot endorse. */
  readonly endpoints: Readonly<Record<string, string>>;
  /**
   * A signature policy (`AND(...)`, `OR(...)`, `OutOf(n, ...)`) or `ANY Endorsement`, `MAJORITY Endorsement`,
   * `ALL Endorsement`. Default: the channel's `MAJORITY Endorsement`.
   */
  readonly endorsementPolicy?: string;
  readonly collections?: readonly CollectionConfig[];
}

/** When a block is cut, with the names and meaning of the orderer's `BatchSize` and `BatchTimeout`. */
export interface BatchConfig {
  readonly maxMessageCount: number;
  readonly absoluteMaxBytes: number;
  readonly preferredMaxBytes: number;
  readonly timeoutMs: number;
}

export interface LimitsConfig {
  /** `chaincode.executetimeout`. */
  readonly executeTimeoutMs: number;
  /** `peer.limits.concurrency.gatewayService`. */
  readonly gatewayConcurrency: number;
  /** `ledger.state.totalQueryLimit`. */
  readonly totalQueryLimit: number;
  /** How long an invocation waits for a chaincode server that is not connected. */
  readonly dialTimeoutMs: number;
  /** `peer.maxRecvMsgSize` and `maxSendMsgSize`. */
  readonly maxMessageBytes: number;
}

/** A further channel; calls between chaincodes of two channels are read-only there. */
export interface ChannelConfig {
  readonly name: string;
  readonly chaincodes: readonly ChaincodeConfig[];
}

export interface EmbeddedConfig {
  /** Folder of keys, blocks and state; made when absent. */
  readonly stateDir: string;
  readonly organizations: readonly OrganizationConfig[];
  /** Chaincodes of the main channel. */
  readonly chaincodes: readonly ChaincodeConfig[];
  /** Name of the main channel. */
  readonly channel?: string;
  readonly furtherChannels?: readonly ChannelConfig[];
  readonly batch?: Partial<BatchConfig>;
  readonly limits?: Partial<LimitsConfig>;
  /**
   * Chaincode servers show a certificate of their organisation's TLS authority and take the peer's: nobody else is their
   * peer, and nothing else that listens at their port is taken for them. Without it they are asked in plain, on loopback alone.
   */
  readonly chaincodeTls?: boolean;
  /** Receives one line for each noteworthy event; silent when absent. */
  readonly log?: (line: string) => void;
}

export const DEFAULT_STATE_DIR = '.roamgrid/embedded';
export const DEFAULT_CHANNEL = 'roamgrid';

export const DEFAULT_BATCH: BatchConfig = {
  maxMessageCount: 500,
  absoluteMaxBytes: 10 * 1024 * 1024,
  preferredMaxBytes: 2 * 1024 * 1024,
  timeoutMs: 10,
};

export const DEFAULT_LIMITS: LimitsConfig = {
  executeTimeoutMs: 30_000,
  gatewayConcurrency: 500,
  totalQueryLimit: 100_000,
  dialTimeoutMs: 3_000,
  maxMessageBytes: 100 * 1024 * 1024,
};
