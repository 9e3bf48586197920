import { nettingCommands, nettingQueries, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readRecord, RoamingContract } from '../context/index.ts';
import { call } from './transactions/call.ts';
import { close } from './transactions/close.ts';
import { sayDefault } from './transactions/default.ts';
import { net } from './transactions/net.ts';
import { position } from './transactions/position.ts';
import { recast } from './transactions/recast.ts';

/** What accepted documents come to between all utilities, without anyone seeing another pair's amounts. */
export class NettingContract extends RoamingContract {
  constructor() {
    super('netting');
  }

  call(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.call', nettingCommands.call, args, call);
  }

  close(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.close', nettingCommands.close, args, close);
  }

  position(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.position', nettingCommands.position, args, position);
  }

  net(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.net', nettingCommands.net, args, net);
  }

  default(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.default', nettingCommands.default, args, sayDefault);
  }

  recast(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'netting.recast', nettingCommands.recast, args, recast);
  }

  async getNetting(ctx: Context, ...args: string[]): Promise<string> {
    const { nettingId } = queryOf(nettingQueries.getNetting, args);
    return readRecord(ctx, stateKey.netting(nettingId));
  }

  async getPeriod(ctx: Context, ...args: string[]): Promise<string> {
    const { periodId } = queryOf(nettingQueries.getPeriod, args);
    return readRecord(ctx, stateKey.period(periodId));
  }

  async getPair(ctx: Context, ...args: string[]): Promise<string> {
    const { periodId, low, high } = queryOf(nettingQueries.getPair, args);
    return readRecord(ctx, stateKey.pairPeriod(periodId, low, high));
  }
}
