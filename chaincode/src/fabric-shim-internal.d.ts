/**
 * The part of fabric-shim that turns contracts into a chaincode; its own launcher uses it, its types leave it out.
 */
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract.js' {
  import type { ChaincodeInterface } from 'fabric-shim-api';

  interface Serializers {
    readonly transaction: string;
    readonly serializers: Readonly<Record<string, unknown>>;
  }

  export default class ChaincodeFromContract implements ChaincodeInterface {
    constructor(
      contracts: (new () => unknown)[],
      serializers: Serializers,
      metadata: Record<string, unknown>,
      title: string,
      version: string,
    );
    Init: ChaincodeInterface['Init'];
    Invoke: ChaincodeInterface['Invoke'];
  }
}
