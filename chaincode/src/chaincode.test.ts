import assert from 'node:assert/strict';
import type { ChaincodeStub } from 'fabric-shim-api';
import { makeChaincode } from './chaincode.ts';

describe('the chaincode', () => {
  for (const name of ['nothing', 'toString', '__proto__', 'constructor']) {
    it(`has no contract named ${name}, and refuses it with a code`, async () => {
      const stub = { getFunctionAndParameters: () => ({ fcn: `${name}:vote`, params: [] }) };
      const { status, message } = await makeChaincode().Invoke(stub as unknown as ChaincodeStub);
      assert.equal(status, 500);
      assert.equal(message, `INVALID_ARGUMENT: there is no contract ${name}`);
    });
  }
});
