/** Serves the conformance chaincode on the native network, where peers call it over TLS. */
import { readFileSync } from 'node:fs';
import shim from 'fabric-shim';
import { ConformanceChaincode } from '../../conformance/chaincode/chaincode.ts';

/** `shim.server` is documented but missing in the package's own types. */
interface ServerShim {
  server(
    chaincode: ConformanceChaincode,
    options: {
      ccid: string;
      address: string;
      tlsProps: { key: Buffer; cert: Buffer; clientCACerts: Buffer };
    },
  ): { start(): Promise<void> };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the environment lacks ${name}`);
  return value;
}

const server = (shim as unknown as ServerShim).server(new ConformanceChaincode(), {
  ccid: required('CORE_CHAINCODE_ID_NAME'),
  address: required('CHAINCODE_SERVER_ADDRESS'),
  tlsProps: {
    key: readFileSync(required('CHAINCODE_TLS_KEY_FILE')),
    cert: readFileSync(required('CHAINCODE_TLS_CERT_FILE')),
    clientCACerts: readFileSync(required('CHAINCODE_TLS_CLIENT_CACERT_FILE')),
  },
});
await server.start();
