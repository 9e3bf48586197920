import { privateKey, sessionCommands, sessionQueries, stateKey } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { execute, queryOf, readOwnBody, readRecord, RoamingContract } from '../context/index.ts';
import { close } from './transactions/close.ts';
import { expire } from './transactions/expire.ts';
import { open } from './transactions/open.ts';
import { record } from './transactions/record.ts';
import { voidSession } from './transactions/void.ts';

/** Charging sessions of one utility's customers at another utility's outlets. */
export class SessionContract extends RoamingContract {
  constructor() {
    super('session');
  }

  open(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.open', sessionCommands.open, args, open);
  }

  record(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.record', sessionCommands.record, args, record);
  }

  close(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.close', sessionCommands.close, args, close);
  }

  void(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.void', sessionCommands.void, args, voidSession);
  }

  expire(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.expire', sessionCommands.expire, args, expire);
  }

  async get(ctx: Context, ...args: string[]): Promise<string> {
    const { sessionId } = queryOf(sessionQueries.get, args);
    return readRecord(ctx, stateKey.session(sessionId));
  }

  async getBatch(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(sessionQueries.getBatch, args);
    return readRecord(ctx, stateKey.batch(batchId));
  }

  async getOpenBody(ctx: Context, ...args: string[]): Promise<string> {
    const { sessionId } = queryOf(sessionQueries.getOpenBody, args);
    return readOwnBody(ctx, privateKey.open(sessionId));
  }

  /** Text: a `batchBodies`; stored texts are canonical, so they are put together as they stand, keys in order. */
  async getBatchBodies(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(sessionQueries.getBatchBodies, args);
    const bodies = await readOwnBody(ctx, privateKey.batch(batchId));
    const header = await readOwnBody(ctx, privateKey.header(batchId));
    return `{"bodies":${bodies},"header":${header}}`;
  }
}
