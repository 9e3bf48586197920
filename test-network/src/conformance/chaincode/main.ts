/**
 * Serves the conformance chaincode; `CHAINCODE_SERVER_ADDRESS` and `CHAINCODE_ID` say where and as what, `CHAINCODE_TLS_…_FILE`
 * over TLS and for whom.
 */
import { readFileSync } from 'node:fs';
import shim from 'fabric-shim';
import { ConformanceChaincode } from './chaincode.ts';

/** `shim.server` is documented but missing in the package's own types. */
interface ServerShim {
  server(
    chaincode: ConformanceChaincode,
    options: {
      ccid: string;
      address: string;
      tlsProps?: { key: Buffer; cert: Buffer; clientCACerts: Buffer };
    },
  ): { start(): Promise<void> };
}

const [key, cert, clientCACerts] = [
  'CHAINCODE_TLS_KEY_FILE',
  'CHAINCODE_TLS_CERT_FILE',
  'CHAINCODE_TLS_CLIENT_CACERT_FILE',
]
  .map((name) => process.env[name])
  .map((file) => (file === undefined ? undefined : readFileSync(file)));
const isTls = key !== undefined && cert !== undefined && clientCACerts !== undefined;

const server = (shim as unknown as ServerShim).server(new ConformanceChaincode(), {
  ccid: process.env['CHAINCODE_ID'] ?? 'conformance',
  address: process.env['CHAINCODE_SERVER_ADDRESS'] ?? '127.0.0.1:9999',
  ...(isTls ? { tlsProps: { key, cert, clientCACerts } } : {}),
});
await server.start();
