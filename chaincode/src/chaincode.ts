import { CHAINCODE_NAME } from '@roamgrid/wire';
import fabric from 'fabric-contract-api';
import type { ChaincodeInterface } from 'fabric-shim-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import shim from 'fabric-shim';
import { contracts } from './index.ts';

/** Before the first colon, as fabric-shim reads it; without one the transaction is of the first contract. */
const contractOf = (transaction: string): string | undefined => {
  const at = transaction.indexOf(':');
  const name = transaction.slice(0, Math.max(at, 0));
  return name.trim() === '' ? undefined : name;
};

/** The contracts as one chaincode, put together as fabric-shim's own launcher does it. */
export const makeChaincode = (): ChaincodeInterface => {
  const chaincode: ChaincodeInterface = new ChaincodeFromContract(
    [...contracts],
    { transaction: 'json', serializers: { json: fabric.JSONSerializer } },
    {},
    CHAINCODE_NAME,
    '1',
  );
  const names = new Set(contracts.map((Contract) => new Contract().getName()));
  return {
    Init: (stub) => chaincode.Init(stub),
    Invoke: (stub) => {
      const { fcn } = stub.getFunctionAndParameters();
      const name = contractOf(fcn);
      // fabric-shim would look it up among the names that every object has, and refuse it without a code.
      return name === undefined || names.has(name)
        ? chaincode.Invoke(stub)
        : Promise.resolve(shim.Shim.error(`INVALID_ARGUMENT: there is no contract ${name}`));
    },
  };
};
