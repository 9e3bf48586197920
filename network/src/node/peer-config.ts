/**
 * A peer's `core.yaml`, complete and with nothing that this consortium does not use: no container runtime, chaincode
 * only as an external service, LevelDB, organisations reach each other through anchor peers.
 */
import { stringify } from 'yaml';
import type { Consortium } from '../consortium/schema.ts';
import type { TlsFiles } from './tls.ts';

/** What differs from peer to peer. Paths are absolute or relative to the file. */
export interface PeerSettings {
  /** Unique in the network, such as `peer0.dukeenergy.example`. */
  readonly id: string;
  readonly mspId: string;
  readonly mspDir: string;
  /** Blocks, state, private data, snapshots and installed chaincode packages lie here. */
  readonly dataDir: string;
  /** Interface and port for clients, other peers and gossip. */
  readonly listen: string;
  /** Address under which the rest of the consortium reaches the peer. */
  readonly externalAddress: string;
  /** Unused by chaincode services, but bound by the peer all the same. */
  readonly chaincodeListen: string;
  /** Health and metrics, without TLS: never bind it to a public interface. */
  readonly operationsListen: string;
  readonly tls: TlsFiles;
  /** Folder of the external builder (its `bin/` has detect, build and release). */
  readonly builderDir: string;
}

/** The variable that carries a peer's chaincode connection to the builder. Spec: Fabric documentation, "Chaincode as a service". */
export const BUILDER_CONFIG_VARIABLE = 'CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG';

const MESSAGE_LIMIT_BYTES = 100 * 1024 * 1024;

/** The file's content as plain data. */
export function peerConfig({ chaincode, ordering, peers }: Consortium, peer: PeerSettings): object {
  return {
    peer: {
      id: peer.id,
      networkId: 'roamgrid',
      listenAddress: peer.listen,
      address: peer.externalAddress,
      addressAutoDetect: false,
      chaincodeListenAddress: peer.chaincodeListen,
      mspConfigPath: peer.mspDir,
      localMspId: peer.mspId,
      localMspType: 'bccsp',
      fileSystemPath: peer.dataDir,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      gateway: { enabled: true, endorsementTimeout: '30s', broadcastTimeout: '30s', dialTimeout: '10s' },
      keepalive: {
        interval: '7200s',
        timeout: '20s',
        minInterval: '30s',
        client: { interval: '60s', timeout: '20s' },
        deliveryClient: { interval: '60s', timeout: '20s' },
      },
      gossip: {
        bootstrap: peer.externalAddress,
        endpoint: peer.externalAddress,
        externalEndpoint: peer.externalAddress,
        // Every peer pulls blocks from ordering itself; gossip carries private data and membership only.
        useLeaderElection: false,
        orgLeader: true,
        state: { enabled: false },
        publishCertPeriod: '10s',
        // How soon other peers, and so the endorsement plans, see what a peer runs.
        requestStateInfoInterval: '1s',
        publishStateInfoInterval: '1s',
        aliveTimeInterval: '5s',
        aliveExpirationTimeout: '25s',
        reconnectInterval: '5s',
        pvtData: {
          // A block with private data that cannot be had waits this long; reconciliation fetches it afterwards.
          pullRetryThreshold: '2s',
          transientstoreMaxBlockRetention: 20_000,
          pushAckTimeout: '3s',
          btlPullMargin: 10,
          reconcileBatchSize: 10,
          reconcileSleepInterval: '30s',
          reconciliationEnabled: true,
          skipPullingInvalidTransactionsDuringCommit: false,
          implicitCollectionDisseminationPolicy: chaincode.implicitCollections,
        },
      },
      deliveryclient: {
        blockGossipEnabled: false,
        reconnectTotalTimeThreshold: '3600s',
        connTimeout: '3s',
        reConnectBackoffThreshold: '5s',
        minimalReconnectInterval: '100ms',
        blockCensorshipTimeoutKey: '10s',
        // Under BFT a peer hears several orderers, so that one that withholds blocks is noticed.
        policy: ordering.consensus === 'bft' ? 'cluster' : 'simple',
      },
      tls: {
        enabled: true,
        clientAuthRequired: false,
        cert: { file: peer.tls.cert },
        key: { file: peer.tls.key },
        rootcert: { file: peer.tls.rootCert },
        clientRootCAs: { files: [peer.tls.rootCert] },
      },
      authentication: { timewindow: '15m' },
      client: { connTimeout: '3s' },
      handlers: {
        authFilters: [{ name: 'DefaultAuth' }, { name: 'ExpirationCheck' }],
        decorators: [{ name: 'DefaultDecorator' }],
        endorsers: { escc: { name: 'DefaultEndorsement' } },
        validators: { vscc: { name: 'DefaultValidation' } },
      },
      discovery: {
        enabled: true,
        authCacheEnabled: true,
        authCacheMaxSize: 1000,
        authCachePurgeRetentionRatio: 0.75,
        orgMembersAllowedAccess: false,
      },
      limits: {
        concurrency: {
          endorserService: 2500,
          deliverService: 2500,
          gatewayService: peers.gatewayConcurrency,
        },
      },
      maxRecvMsgSize: MESSAGE_LIMIT_BYTES,
      maxSendMsgSize: MESSAGE_LIMIT_BYTES,
    },
    vm: { endpoint: '' },
    chaincode: {
      externalBuilders: [
        { name: 'roamgrid-ccaas', path: peer.builderDir, propagateEnvironment: [BUILDER_CONFIG_VARIABLE] },
      ],
      installTimeout: '60s',
      startuptimeout: '60s',
      executetimeout: `${peers.executeTimeoutMs}ms`,
      mode: 'net',
      // fabric-shim 2.5 ends its process on a KEEPALIVE message.
      keepalive: 0,
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'info', shim: 'warning' },
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: true },
      pvtdataStore: {
        collElgProcMaxDbBatchSize: 5000,
        collElgProcDbBatchesInterval: 1000,
        deprioritizedDataReconcilerInterval: '60m',
        purgeInterval: 100,
        purgedKeyAuditLogging: true,
      },
      snapshots: { rootDir: `${peer.dataDir}/snapshots` },
    },
    operations: { listenAddress: peer.operationsListen, tls: { enabled: false } },
    metrics: { provider: 'prometheus' },
  };
}

/** The file's text. */
export const peerConfigYaml = (consortium: Consortium, peer: PeerSettings): string =>
  stringify(peerConfig(consortium, peer));
