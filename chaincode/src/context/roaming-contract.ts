import fabric from 'fabric-contract-api';
import { LedgerError } from './ledger-error.ts';

/** Base of the contracts: no state of its own, because one object serves concurrent transactions. */
export class RoamingContract extends fabric.Contract {
  override unknownTransaction(ctx: fabric.Context): Promise<void> {
    const { fcn } = ctx.stub.getFunctionAndParameters();
    return Promise.reject(new LedgerError('INVALID_ARGUMENT', `there is no transaction ${fcn}`));
  }
}
