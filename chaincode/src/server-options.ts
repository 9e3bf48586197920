import { readFileSync } from 'node:fs';
import { err, ok, type DomainError, type Result } from '@roamgrid/domain';

/** What fabric-shim's server is started with. */
export interface ServerOptions {
  readonly ccid: string;
  readonly address: string;
  /** The peer is Fabric 3.1 or later and takes many keys in one message. */
  readonly peerTakesBatches: boolean;
  /** File of the switch that may let the contracts live in a simulation's time. */
  readonly clockSwitchFile?: string;
  readonly tlsProps?: { readonly key: Buffer; readonly cert: Buffer; readonly clientCACerts: Buffer };
}

type Environment = Readonly<Record<string, string | undefined>>;

export type ServerOptionsError = DomainError<'ENVIRONMENT_INCOMPLETE' | 'INSECURE'>;

const REQUIRED = ['CORE_CHAINCODE_ID_NAME', 'CHAINCODE_SERVER_ADDRESS', 'CORE_PEER_LOCALMSPID'] as const;
const TLS = [
  'CHAINCODE_TLS_KEY_FILE',
  'CHAINCODE_TLS_CERT_FILE',
  'CHAINCODE_TLS_CLIENT_CACERT_FILE',
] as const;

/** `localhost`, `127.…` or `[::1]` of a `host:port`. */
const isLoopback = (address: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\]):\d+$/.test(address);

/**
 * Whoever connects to a chaincode's port is its peer. Without TLS it is therefore for this host alone, unless somebody said
 * that the network around it is nobody else's.
 */
const insecure = (address: string, env: Environment): ServerOptionsError | undefined =>
  isLoopback(address) || env['CHAINCODE_INSECURE_PLAIN'] === 'on'
    ? undefined
    : {
        code: 'INSECURE',
        message:
          `the contracts would listen at ${address} without TLS, where others can act as their peer: set ${TLS.join(', ')}, ` +
          'or, where nobody else reaches it, CHAINCODE_INSECURE_PLAIN=on',
      };

/**
 * Reads the environment that Fabric gives a chaincode: `CORE_CHAINCODE_ID_NAME` (package id),
 * `CHAINCODE_SERVER_ADDRESS` (`host:port` to listen on), `CORE_PEER_LOCALMSPID` (organisation, read by the shim).
 * `CHAINCODE_PEER_BATCHES=on` says that the organisation's peer is Fabric 3.1 or later, which takes many keys in one message.
 * `CHAINCODE_ENDORSEMENT_CLOCK_FILE` names the switch of a network that may live in a simulation's time; a deployment has none.
 * With TLS, peers show certificates too: all three `CHAINCODE_TLS_…_FILE` paths are set, or none. With none they listen on
 * loopback alone, unless `CHAINCODE_INSECURE_PLAIN=on` says that it is meant.
 */
export const readServerOptions = (env: Environment): Result<ServerOptions, ServerOptionsError> => {
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const wanted = TLS.some(isSet) ? [...REQUIRED, ...TLS] : REQUIRED;
  const missing = wanted.filter((name) => !isSet(name));
  if (missing.length > 0) {
    return err({ code: 'ENVIRONMENT_INCOMPLETE', message: `set ${missing.join(', ')}` });
  }
  const clockSwitchFile = env['CHAINCODE_ENDORSEMENT_CLOCK_FILE'] ?? '';
  const base = {
    ccid: env['CORE_CHAINCODE_ID_NAME'] ?? '',
    address: env['CHAINCODE_SERVER_ADDRESS'] ?? '',
    peerTakesBatches: env['CHAINCODE_PEER_BATCHES'] === 'on',
    ...(clockSwitchFile !== '' && { clockSwitchFile }),
  };
  if (!TLS.some(isSet)) {
    const fault = insecure(base.address, env);
    return fault === undefined ? ok(base) : err(fault);
  }
  const [key, cert, clientCACerts] = TLS.map((name) => readFileSync(env[name] ?? ''));
  if (key === undefined || cert === undefined || clientCACerts === undefined) throw new Error('three files');
  return ok({ ...base, tlsProps: { key, cert, clientCACerts } });
};
