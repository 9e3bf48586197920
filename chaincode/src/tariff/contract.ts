import { stateKey, tariffCommands, tariffIndexRecord, tariffQueries } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readLinkedPage, readRecord, RoamingContract } from '../context/index.ts';
import { bind } from './transactions/bind.ts';
import { publish } from './transactions/publish.ts';

/** Published tariff versions, and the agreements under which they may be quoted. */
export class TariffContract extends RoamingContract {
  constructor() {
    super('tariff');
  }

  publish(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'tariff.publish', tariffCommands.publish, args, publish);
  }

  bind(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'tariff.bind', tariffCommands.bind, args, bind);
  }

  async get(ctx: Context, ...args: string[]): Promise<string> {
    const { tariffId, tariffVersion } = queryOf(tariffQueries.get, args);
    return readRecord(ctx, stateKey.tariff(tariffId, tariffVersion));
  }

  async getBinding(ctx: Context, ...args: string[]): Promise<string> {
    const { agreementId, tariffId, tariffVersion } = queryOf(tariffQueries.getBinding, args);
    return readRecord(ctx, stateKey.tariffBinding(agreementId, tariffId, tariffVersion));
  }

  async listByUtility(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(tariffQueries.listByUtility, args);
    const { utilityId } = query;
    return readLinkedPage(ctx, `tariffOf:${utilityId}:`, `tariffOf:${utilityId};`, query, (entry) => {
      const { tariffId, tariffVersion } = tariffIndexRecord.parse(entry);
      return stateKey.tariff(tariffId, tariffVersion);
    });
  }
}
