import { clearingCommands, clearingQueries, privateKey, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readOwnBody, readRecord, RoamingContract } from '../context/index.ts';
import { accept } from './transactions/accept.ts';
import { acceptInPart } from './transactions/accept-in-part.ts';
import { answer } from './transactions/answer.ts';
import { charge } from './transactions/charge.ts';
import { cancel } from './transactions/cancel.ts';
import { contest } from './transactions/contest.ts';
import { credit } from './transactions/credit.ts';
import { creditBySilence } from './transactions/credit-by-silence.ts';
import { demand } from './transactions/demand.ts';
import { invoice } from './transactions/invoice.ts';
import { reinvoice } from './transactions/reinvoice.ts';

/** Who owes whom: invoices of closed sessions, charge notes of what is none, disputed records, and those that do not come. */
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

  acceptInPart(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.acceptInPart', clearingCommands.acceptInPart, args, acceptInPart);
  }

  answer(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.answer', clearingCommands.answer, args, answer);
  }

  creditBySilence(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.creditBySilence', clearingCommands.creditBySilence, args, creditBySilence);
  }

  contest(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.contest', clearingCommands.contest, args, contest);
  }

  credit(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.credit', clearingCommands.credit, args, credit);
  }

  reinvoice(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.reinvoice', clearingCommands.reinvoice, args, reinvoice);
  }

  cancel(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.cancel', clearingCommands.cancel, args, cancel);
  }

  charge(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.charge', clearingCommands.charge, args, charge);
  }

  async getCharge(ctx: Context, ...args: string[]): Promise<string> {
    return readRecord(ctx, stateKey.charge(queryOf(clearingQueries.getCharge, args).chargeId));
  }

  async getChargeBody(ctx: Context, ...args: string[]): Promise<string> {
    return readOwnBody(ctx, privateKey.charge(queryOf(clearingQueries.getChargeBody, args).chargeId));
  }

  demand(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'clearing.demand', clearingCommands.demand, args, demand);
  }

  async getInvoice(ctx: Context, ...args: string[]): Promise<string> {
    const { invoiceId } = queryOf(clearingQueries.getInvoice, args);
    return readRecord(ctx, stateKey.invoice(invoiceId));
  }

  async getInvoiceBody(ctx: Context, ...args: string[]): Promise<string> {
    const { invoiceId } = queryOf(clearingQueries.getInvoiceBody, args);
    return readOwnBody(ctx, privateKey.invoice(invoiceId));
  }

  async getDispute(ctx: Context, ...args: string[]): Promise<string> {
    const { disputeId } = queryOf(clearingQueries.getDispute, args);
    return readRecord(ctx, stateKey.dispute(disputeId));
  }

  async getDisputeBody(ctx: Context, ...args: string[]): Promise<string> {
    const { disputeId } = queryOf(clearingQueries.getDisputeBody, args);
    return readOwnBody(ctx, privateKey.dispute(disputeId));
  }

  async getCredit(ctx: Context, ...args: string[]): Promise<string> {
    const { creditId } = queryOf(clearingQueries.getCredit, args);
    return readRecord(ctx, stateKey.credit(creditId));
  }

  async getMissing(ctx: Context, ...args: string[]): Promise<string> {
    const { laneId, number } = queryOf(clearingQueries.getMissing, args);
    return readRecord(ctx, stateKey.missing(laneId, number));
  }
}
