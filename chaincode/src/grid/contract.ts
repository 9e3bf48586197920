import { gridCommands, gridQueries, privateKey, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readOwnBody, readPage, readRecord, RoamingContract } from '../context/index.ts';
import { callEvent } from './transactions/call-event.ts';
import { cancelCertificates } from './transactions/cancel-certificates.ts';
import { grantCredit } from './transactions/grant-credit.ts';
import { enrolHouse } from './transactions/enrol-house.ts';
import { issueCertificates } from './transactions/issue-certificates.ts';
import { moveCredit } from './transactions/move-credit.ts';
import { recordAllocations } from './transactions/record-allocations.ts';
import { recordDays } from './transactions/record-days.ts';
import { recordDemand } from './transactions/record-demand.ts';
import { recordHouse } from './transactions/record-house.ts';
import { recordTampering } from './transactions/record-tampering.ts';
import { registerGenerator } from './transactions/register-generator.ts';
import { registerHouse } from './transactions/register-house.ts';
import { settleDay } from './transactions/settle-day.ts';
import { transferCertificates } from './transactions/transfer-certificates.ts';

/** What the grid measured, where energy came from, how sites divided it, and what was done to their devices. */
export class GridContract extends RoamingContract {
  constructor() {
    super('grid');
  }

  recordDemand(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.recordDemand', gridCommands.recordDemand, args, recordDemand);
  }

  registerGenerator(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.registerGenerator', gridCommands.registerGenerator, args, registerGenerator);
  }

  issueCertificates(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.issueCertificates', gridCommands.issueCertificates, args, issueCertificates);
  }

  transferCertificates(ctx: Context, ...args: string[]): Promise<string> {
    return execute(
      ctx,
      'grid.transferCertificates',
      gridCommands.transferCertificates,
      args,
      transferCertificates,
    );
  }

  cancelCertificates(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.cancelCertificates', gridCommands.cancelCertificates, args, cancelCertificates);
  }

  recordAllocations(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.recordAllocations', gridCommands.recordAllocations, args, recordAllocations);
  }

  recordTampering(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.recordTampering', gridCommands.recordTampering, args, recordTampering);
  }

  registerHouse(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.registerHouse', gridCommands.registerHouse, args, registerHouse);
  }

  recordHouse(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.recordHouse', gridCommands.recordHouse, args, recordHouse);
  }

  grantCredit(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.grantCredit', gridCommands.grantCredit, args, grantCredit);
  }

  moveCredit(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.moveCredit', gridCommands.moveCredit, args, moveCredit);
  }

  async getHouse(ctx: Context, ...args: string[]): Promise<string> {
    return readRecord(ctx, stateKey.house(queryOf(gridQueries.getHouse, args).houseRef));
  }

  async getHouseBatch(ctx: Context, ...args: string[]): Promise<string> {
    const { houseRef, number } = queryOf(gridQueries.getHouseBatch, args);
    return readRecord(ctx, stateKey.houseBatch(houseRef, number));
  }

  async getHouseHeader(ctx: Context, ...args: string[]): Promise<string> {
    const { houseRef, number } = queryOf(gridQueries.getHouseHeader, args);
    return readOwnBody(ctx, privateKey.houseBatch(houseRef, number));
  }

  async getCreditMove(ctx: Context, ...args: string[]): Promise<string> {
    const { from, moveId } = queryOf(gridQueries.getCreditMove, args);
    return readRecord(ctx, stateKey.creditMove(from, moveId));
  }

  listCredit(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(gridQueries.listCredit, args);
    const first = stateKey.energyCredit(query.creditId, 0n);
    return readPage(ctx, first, `energyCredit:${query.creditId};`, query);
  }

  enrolHouse(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.enrolHouse', gridCommands.enrolHouse, args, enrolHouse);
  }

  recordDays(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.recordDays', gridCommands.recordDays, args, recordDays);
  }

  callEvent(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.callEvent', gridCommands.callEvent, args, callEvent);
  }

  settleDay(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'grid.settleDay', gridCommands.settleDay, args, settleDay);
  }

  async getFlexDay(ctx: Context, ...args: string[]): Promise<string> {
    const { houseId, dayMs } = queryOf(gridQueries.getFlexDay, args);
    return readRecord(ctx, stateKey.flexDay(houseId, dayMs));
  }

  async getFlexEvent(ctx: Context, ...args: string[]): Promise<string> {
    const { agreementId, vun, hun, fromMs } = queryOf(gridQueries.getFlexEvent, args);
    return readRecord(ctx, stateKey.flexEvent(agreementId, vun, hun, fromMs));
  }

  async getFlexSettlement(ctx: Context, ...args: string[]): Promise<string> {
    const { houseId, dayMs } = queryOf(gridQueries.getFlexSettlement, args);
    return readRecord(ctx, stateKey.flexSettlement(houseId, dayMs));
  }

  async getFlexSettlementBody(ctx: Context, ...args: string[]): Promise<string> {
    const { houseId, dayMs } = queryOf(gridQueries.getFlexSettlementBody, args);
    return readOwnBody(ctx, privateKey.flexSettlement(houseId, dayMs));
  }

  async getTampering(ctx: Context, ...args: string[]): Promise<string> {
    const { utilityId, siteId, eventId } = queryOf(gridQueries.getTampering, args);
    return readRecord(ctx, stateKey.tamper(utilityId, siteId, eventId));
  }

  async getAllocation(ctx: Context, ...args: string[]): Promise<string> {
    return readRecord(ctx, stateKey.allocation(queryOf(gridQueries.getAllocation, args).batchId));
  }

  async getAllocationHeader(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(gridQueries.getAllocationHeader, args);
    return readOwnBody(ctx, privateKey.allocation(batchId));
  }

  async getGenerator(ctx: Context, ...args: string[]): Promise<string> {
    return readRecord(ctx, stateKey.generator(queryOf(gridQueries.getGenerator, args).generatorId));
  }

  listCertificates(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(gridQueries.listCertificates, args);
    const { generatorId, fromMs, untilMs } = query;
    return readPage(
      ctx,
      stateKey.certificate(generatorId, fromMs),
      stateKey.certificate(generatorId, untilMs),
      query,
    );
  }

  listHoldings(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(gridQueries.listHoldings, args);
    const { generatorId, fromMs, untilMs } = query;
    return readPage(
      ctx,
      stateKey.holding(generatorId, fromMs, 0n),
      stateKey.holding(generatorId, untilMs, 0n),
      query,
    );
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
