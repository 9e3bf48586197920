import { paymentCommands, paymentQueries, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readRecord, RoamingContract } from '../context/index.ts';
import { receive } from './transactions/receive.ts';
import { send } from './transactions/send.ts';
import { undo } from './transactions/undo.ts';
import { giveBack, match, unmatched } from './transactions/unmatched.ts';

/** What was paid of nettings, as payer and payee say and bank or chain show. */
export class PaymentContract extends RoamingContract {
  constructor() {
    super('payment');
  }

  send(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'payment.send', paymentCommands.send, args, send);
  }

  receive(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'payment.receive', paymentCommands.receive, args, receive);
  }

  undo(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'payment.undo', paymentCommands.undo, args, undo);
  }

  unmatched(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'payment.unmatched', paymentCommands.unmatched, args, unmatched);
  }

  match(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'payment.match', paymentCommands.match, args, match);
  }

  giveBack(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'payment.giveBack', paymentCommands.giveBack, args, giveBack);
  }

  async getPayment(ctx: Context, ...args: string[]): Promise<string> {
    const { paymentId } = queryOf(paymentQueries.getPayment, args);
    return readRecord(ctx, stateKey.payment(paymentId));
  }

  async getUnmatched(ctx: Context, ...args: string[]): Promise<string> {
    const { utilityId, receiptId } = queryOf(paymentQueries.getUnmatched, args);
    return readRecord(ctx, stateKey.unmatched(utilityId, receiptId));
  }
}
