import { gridCommands, gridQueries, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readPage, RoamingContract } from '../context/index.ts';
import { recordDemand } from './transactions/record-demand.ts';

/** What the grid measured. */
export class GridContract extends RoamingContract {
  constructor() {
    super('grid');
  }

  recordDemand(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.recordDemand', gridCommands.recordDemand, args, recordDemand);
  }

  /** Chunks whose first reading lies in the span, from inclusive, until exclusive. */
  async listDemand(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(gridQueries.listDemand, args);
    const { utilityId, areaId, fromMs, untilMs } = query;
    return readPage(
      ctx,
      stateKey.demandChunk(utilityId, areaId, fromMs),
      stateKey.demandChunk(utilityId, areaId, untilMs),
      query,
    );
  }
}
