/** Serves the conformance chaincode; `CHAINCODE_SERVER_ADDRESS` and `CHAINCODE_ID` say where and as what. */
import shim from 'fabric-shim';
import { ConformanceChaincode } from './chaincode.ts';

/** `shim.server` is documented but missing in the package's own types. */
interface ServerShim {
  server(
    chaincode: ConformanceChaincode,
    options: { ccid: string; address: string },
  ): { start(): Promise<void> };
}

const server = (shim as unknown as ServerShim).server(new ConformanceChaincode(), {
  ccid: process.env['CHAINCODE_ID'] ?? 'conformance',
  address: process.env['CHAINCODE_SERVER_ADDRESS'] ?? '127.0.0.1:9999',
});
await server.start();
