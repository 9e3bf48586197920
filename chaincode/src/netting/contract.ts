import { nettingCommands, nettingQueries, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readRecord, RoamingContract } from '../context/index.ts';
import { confirmPayment } from './transactions/confirm-payment.ts';
import { net } from './transactions/net.ts';

/** What accepted invoices come to between all utilities, and that it was paid. */
export class NettingContract extends RoamingContract {
  constructor() {
    super('netting');
  }

  net(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.net', nettingCommands.net, args, net);
  }

  confirmPayment(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.confirmPayment', nettingCommands.confirmPayment, args, confirmPayment);
  }

  async getNetting(ctx: Context, ...args: string[]): Promise<string> {
    const { nettingId } = queryOf(nettingQueries.getNetting, args);
    return readRecord(ctx, stateKey.netting(nettingId));
  }
}
