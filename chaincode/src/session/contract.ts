import {
  canonicalJson,
  canonicalText,
  endedSession,
  privateKey,
  sessionCommands,
  sessionEnd,
  sessionQueries,
  sessionRecord,
  stateKey,
  type JsonValue,
  type SessionRecord,
} from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import { z } from 'zod';
import {
  decodeStored,
  execute,
  queryOf,
  readOwnBody,
  readRecord,
  RoamingContract,
  unpackedBodies,
} from '../context/index.ts';
import { close } from './transactions/close.ts';
import { expire } from './transactions/expire.ts';
import { open } from './transactions/open.ts';
import { record } from './transactions/record.ts';
import { voidSession } from './transactions/void.ts';

const readSession = async (ctx: Context, sessionId: string): Promise<SessionRecord> => {
  const opened = await readRecord(ctx, stateKey.session(sessionId));
  const key = stateKey.sessionEnd(sessionId);
  const end = await ctx.stub.getState(key);
  return endedSession(
    decodeStored(sessionRecord, stateKey.session(sessionId), Buffer.from(opened, 'utf8')),
    end.length === 0 ? undefined : decodeStored(sessionEnd, key, end),
  );
};

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
    return canonicalText(sessionRecord, await readSession(ctx, sessionId));
  }

  async getBatch(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(sessionQueries.getBatch, args);
    return readRecord(ctx, stateKey.batch(batchId));
  }

  async getOpenBody(ctx: Context, ...args: string[]): Promise<string> {
    const { sessionId } = queryOf(sessionQueries.getOpenBody, args);
    const { openingId } = await readSession(ctx, sessionId);
    const bodies = unpackedBodies(await readOwnBody(ctx, privateKey.opening(openingId)), openingId);
    const body = z.array(z.looseObject({ sessionId: z.string() })).parse(bodies);
    return canonicalJson(body.find((each) => each.sessionId === sessionId) as JsonValue);
  }

  /** Text: a `batchBodies`, its keys in order. */
  async getBatchBodies(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(sessionQueries.getBatchBodies, args);
    const bodies = unpackedBodies(await readOwnBody(ctx, privateKey.batch(batchId)), batchId);
    const header = await readOwnBody(ctx, privateKey.header(batchId));
    return `{"bodies":${canonicalJson(bodies as JsonValue)},"header":${header}}`;
  }
}
