import { clearingCommands, clearingQueries, privateKey, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readOwnBody, readRecord, RoamingContract } from '../context/index.ts';
import { accept } from './transactions/accept.ts';
import { invoice } from './transactions/invoice.ts';

/** Who owes whom for closed sessions. */
export class ClearingContract extends RoamingContract {
  constructor() {
    super('clearing');
  }

  invoice(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.invoice', clearingCommands.invoice, args, invoice);
  }

  accept(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.accept', clearingCommands.accept, args, accept);
  }

  async getInvoice(ctx: Context, ...args: string[]): Promise<string> {
    const { invoiceId } = queryOf(clearingQueries.getInvoice, args);
    return readRecord(ctx, stateKey.invoice(invoiceId));
  }

  async getInvoiceBody(ctx: Context, ...args: string[]): Promise<string> {
    const { invoiceId } = queryOf(clearingQueries.getInvoiceBody, args);
    return readOwnBody(ctx, privateKey.invoice(invoiceId));
  }
}
