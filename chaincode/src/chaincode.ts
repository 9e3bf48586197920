import { CHAINCODE_NAME } from '@roamgrid/wire';
import fabric from 'fabric-contract-api';
import type { ChaincodeInterface } from 'fabric-shim-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import { contracts } from './index.ts';

/** The contracts as one chaincode, put together as fabric-shim's own launcher does it. */
export const makeChaincode = (): ChaincodeInterface =>
  new ChaincodeFromContract(
    [...contracts],
    { transaction: 'json', serializers: { json: fabric.JSONSerializer } },
    {},
    CHAINCODE_NAME,
    '1',
  );
