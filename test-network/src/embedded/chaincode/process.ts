/** Launches a chaincode as a service with the unmodified `fabric-shim`, and waits until it listens. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { programArguments } from '@roamgrid/service-kit/program';
import { CHAINCODE_NODE_OPTIONS } from '../../node-options.ts';
import { freePort } from '../../free-port.ts';
import type { ChaincodeTls } from '../identity/material.ts';

const START_TIMEOUT_MS = 60_000;
/** Its input closes when the process that started it ends, however that ends; then it ends as well. */
const END_WITH_INPUT = ['--require', join(import.meta.dirname, 'end-with-input.cjs')];
const STOP_TIMEOUT_MS = 3_000;
const LOG_CHARACTERS = 8_000;
const LOG_CHARACTERS_OF_END = 500;

export interface ChaincodeProcessConfig {
  /**
   * What to run: a folder whose `package.json` has `fabric-contract-api` contracts (run by
   * `fabric-chaincode-node server`), or a file that calls `shim.server` itself (of a `.ts`, what was built of it, else tsx runs it).
   */
  readonly path: string;
  /** The organisation it runs for: `getMspID()` of the stub. */
  readonly mspId: string;
  /** Chaincode id, `name:version` by custom. */
  readonly ccid: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A free port when absent. */
  readonly port?: number;
  /** What `ensureChaincodeTls` made; without it the server speaks plain, as `EmbeddedConfig.chaincodeTls` has to know. */
  readonly tls?: ChaincodeTls;
}

export interface ChaincodeProcess {
  /** `host:port` for `ChaincodeConfig.endpoints`. */
  readonly address: string;
  readonly pid: number;
  /** The last output, for error reports. */
  output(): string;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolveProbe) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean): void => {
      socket.destroy();
      resolveProbe(answer);
    };
    socket.once('connect', () => {
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}

function commandLine(path: string, address: string, ccid: string): { args: string[]; cwd: string } {
  const file = resolve(path);
  if (/\.[cm]?[jt]s$/.test(file)) {
    return { args: file.endsWith('ts') ? [...programArguments(file)] : [file], cwd: dirname(file) };
  }
  const shim = createRequire(import.meta.url).resolve('fabric-shim/package.json');
  const cli = join(dirname(shim), 'cli.js');
  return {
    args: [cli, 'server', '--chaincode-address', address, '--chaincode-id', ccid],
    cwd: file,
  };
}

const tlsEnvironment = ({ key, cert, clientCa }: ChaincodeTls): Record<string, string> => ({
  CHAINCODE_TLS_KEY_FILE: key,
  CHAINCODE_TLS_CERT_FILE: cert,
  CHAINCODE_TLS_CLIENT_CACERT_FILE: clientCa,
});

function exited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Starts the process and resolves when it listens. Throws with its output when it ends or takes too long. */
export async function startChaincodeProcess(config: ChaincodeProcessConfig): Promise<ChaincodeProcess> {
  const port = config.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const { args, cwd } = commandLine(config.path, address, config.ccid);
  let output = '';
  const child = spawn(process.execPath, [...CHAINCODE_NODE_OPTIONS, ...END_WITH_INPUT, ...args], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CORE_CHAINCODE_LOGGING_LEVEL: 'critical',
      CORE_CHAINCODE_LOGGING_SHIM: 'critical',
      ...config.env,
      ...(config.tls === undefined ? {} : tlsEnvironment(config.tls)),
      CORE_PEER_LOCALMSPID: config.mspId,
      CHAINCODE_ID: config.ccid,
      CORE_CHAINCODE_ID_NAME: config.ccid,
      CHAINCODE_SERVER_ADDRESS: address,
    },
  });
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-LOG_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => {
    output += error.message;
  });
  // Neither keeps the other: a caller that ends takes its chaincode with it and is not held up by it.
  const killWithParent = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killWithParent);
  child.once('exit', () => process.removeListener('exit', killWithParent));
  child.unref();
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdin, child.stdout, child.stderr])
    (stream as unknown as { unref(): void }).unref();
  const ended = new Promise<string>((resolveEnd) =>
    child.once('exit', (code, signal) => {
      resolveEnd(`exit ${signal ?? code ?? ''} ${output.slice(-LOG_CHARACTERS_OF_END).trim()}`.trim());
    }),
  );
  const stop = async (): Promise<void> => {
    if (exited(child)) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await listens(port))) {
    if (exited(child) || child.pid === undefined || Date.now() > deadline) {
      const how = exited(child)
        ? `ended with ${child.signalCode ?? child.exitCode ?? ''}`
        : 'did not come up';
      await stop();
      throw new Error(`chaincode ${config.ccid} ${how} at ${address}:\n${output}`);
    }
    await new Promise((resolveWait) => setTimeout(resolveWait, 25));
  }
  return { address, pid: child.pid ?? 0, output: () => output, ended, stop };
}
