/** An orderer's `orderer.yaml`: no system channel, joined to channels through the participation API alone. */
import { stringify } from 'yaml';
import type { TlsFiles } from './tls.ts';

/** What differs from orderer to orderer. Paths are absolute or relative to the file. */
export interface OrdererSettings {
  /** Each refuses settings that only the other knows. */
  readonly fabric: '2.5' | '3';
  readonly mspId: string;
  readonly mspDir: string;
  readonly dataDir: string;
  readonly listenHost: string;
  readonly listenPort: number;
  /** Channel participation API, with TLS that asks the client for a certificate of the same TLS authority. */
  readonly adminListen: string;
  /** Health and metrics, without TLS: never bind it to a public interface. */
  readonly operationsListen: string;
  readonly tls: TlsFiles;
}

const MESSAGE_LIMIT_BYTES = 100 * 1024 * 1024;

/** The file's content as plain data. */
export function ordererConfig(orderer: OrdererSettings): object {
  const { tls } = orderer;
  return {
    General: {
      ListenAddress: orderer.listenHost,
      ListenPort: orderer.listenPort,
      TLS: {
        Enabled: true,
        PrivateKey: tls.key,
        Certificate: tls.cert,
        RootCAs: [tls.rootCert],
        ClientAuthRequired: false,
      },
      Keepalive: { ServerMinInterval: '30s', ServerInterval: '7200s', ServerTimeout: '20s' },
      // A node that was away is dialled again soon: the ceiling bounds how long the cluster works without it.
      ...(orderer.fabric === '3' && { Backoff: { BaseDelay: '200ms', Multiplier: 1.6, MaxDelay: '5s' } }),
      MaxRecvMsgSize: MESSAGE_LIMIT_BYTES,
      MaxSendMsgSize: MESSAGE_LIMIT_BYTES,
      Cluster: {
        SendBufferSize: 100,
        ClientCertificate: tls.cert,
        ClientPrivateKey: tls.key,
        DialTimeout: '2s',
        RPCTimeout: '2s',
        ReplicationBufferSize: 20_971_520,
        ReplicationPullTimeout: '5s',
        ReplicationRetryTimeout: '5s',
        ReplicationMaxRetries: 12,
      },
      BootstrapMethod: 'none',
      LocalMSPDir: orderer.mspDir,
      LocalMSPID: orderer.mspId,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      Authentication: { TimeWindow: '15m', NoExpirationChecks: false },
    },
    FileLedger: { Location: `${orderer.dataDir}/ledger` },
    Operations: { ListenAddress: orderer.operationsListen, TLS: { Enabled: false } },
    Metrics: { Provider: 'prometheus' },
    Admin: {
      ListenAddress: orderer.adminListen,
      TLS: {
        Enabled: true,
        Certificate: tls.cert,
        PrivateKey: tls.key,
        RootCAs: [tls.rootCert],
        ClientAuthRequired: true,
        ClientRootCAs: [tls.rootCert],
      },
    },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '4 MB' },
    Consensus: {
      WALDir: `${orderer.dataDir}/consensus/wal`,
      SnapDir: `${orderer.dataDir}/consensus/snapshots`,
    },
  };
}

/** The file's text. */
export const ordererConfigYaml = (orderer: OrdererSettings): string => stringify(ordererConfig(orderer));
