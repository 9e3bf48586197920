/**
 * The conformance chaincode: each function does one thing with the stub and returns what it saw as JSON, so that a test
 * can compose any read and write pattern. Raw shim, no contract layer between.
 */
import shim from 'fabric-shim';
import type { ChaincodeInterface, ChaincodeResponse, ChaincodeStub } from 'fabric-shim';
import { ExplicitResponse, FUNCTIONS } from './functions.ts';

function failure(message: string): ChaincodeResponse {
  return { status: 500, message, payload: Buffer.alloc(0) };
}

export class ConformanceChaincode implements ChaincodeInterface {
  Init(): Promise<ChaincodeResponse> {
    return Promise.resolve(shim.success(Buffer.alloc(0)));
  }

  async Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse> {
    const { fcn, params } = stub.getFunctionAndParameters();
    const run = FUNCTIONS[fcn];
    if (run === undefined) return failure(`no function ${fcn}`);
    try {
      const result = await run(stub, params);
      if (result instanceof Uint8Array) return shim.success(result);
      if (result instanceof ExplicitResponse) {
        const { status, message, payload } = result;
        return { status, message, payload };
      }
      return shim.success(Buffer.from(JSON.stringify(result ?? null)));
    } catch (error) {
      return failure(error instanceof Error ? error.message : String(error));
    }
  }
}
