import {
  canonicalText,
  consortiumCommands,
  consortiumQueries,
  endorsementClockAnswer,
  stateKey,
} from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import {
  endorsementClock,
  execute,
  queryOf,
  readPage,
  readRecord,
  RoamingContract,
} from '../context/index.ts';
import { endAgreement } from './transactions/end-agreement.ts';
import { proposeAgreement } from './transactions/propose-agreement.ts';
import { registerStation } from './transactions/register-station.ts';
import { registerUtility } from './transactions/register-utility.ts';
import { signAgreement } from './transactions/sign-agreement.ts';
import { vote } from './transactions/vote.ts';

/** Who takes part: utilities, their stations, and what two of them agreed. */
export class ConsortiumContract extends RoamingContract {
  constructor() {
    super('consortium');
  }

  registerUtility(ctx: Context, ...args: string[]): Promise<string> {
    return execute(
      ctx,
      'consortium.registerUtility',
      consortiumCommands.registerUtility,
      args,
      registerUtility,
    );
  }

  vote(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'consortium.vote', consortiumCommands.vote, args, vote);
  }

  registerStation(ctx: Context, ...args: string[]): Promise<string> {
    return execute(
      ctx,
      'consortium.registerStation',
      consortiumCommands.registerStation,
      args,
      registerStation,
    );
  }

  proposeAgreement(ctx: Context, ...args: string[]): Promise<string> {
    return execute(
      ctx,
      'consortium.proposeAgreement',
      consortiumCommands.proposeAgreement,
      args,
      proposeAgreement,
    );
  }

  signAgreement(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'consortium.signAgreement', consortiumCommands.signAgreement, args, signAgreement);
  }

  endAgreement(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'consortium.endAgreement', consortiumCommands.endAgreement, args, endAgreement);
  }

  async getUtility(ctx: Context, ...args: string[]): Promise<string> {
    const { utilityId } = queryOf(consortiumQueries.getUtility, args);
    return readRecord(ctx, stateKey.utility(utilityId));
  }

  async getStation(ctx: Context, ...args: string[]): Promise<string> {
    const { utilityId, stationId } = queryOf(consortiumQueries.getStation, args);
    return readRecord(ctx, stateKey.station(utilityId, stationId));
  }

  async getAgreement(ctx: Context, ...args: string[]): Promise<string> {
    const { agreementId } = queryOf(consortiumQueries.getAgreement, args);
    return readRecord(ctx, stateKey.agreement(agreementId));
  }

  async listVotes(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(consortiumQueries.listVotes, args);
    return readPage(ctx, `vote:${query.utilityId}:`, `vote:${query.utilityId};`, query);
  }

  async listUtilities(ctx: Context, ...args: string[]): Promise<string> {
    return readPage(ctx, 'utility:', 'utility;', queryOf(consortiumQueries.listUtilities, args));
  }

  async listStations(ctx: Context, ...args: string[]): Promise<string> {
    const query = queryOf(consortiumQueries.listStations, args);
    return readPage(ctx, `station:${query.utilityId}:`, `station:${query.utilityId};`, query);
  }

  /** Of the process that is asked: ask the peer of one's own organisation. */
  getEndorsementClock(_ctx: Context, ...args: string[]): Promise<string> {
    queryOf(consortiumQueries.getEndorsementClock, args);
    return Promise.resolve(canonicalText(endorsementClockAnswer, endorsementClock.answer));
  }
}
