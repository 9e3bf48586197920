import {
  batchHeader,
  bodyHash,
  hashTree,
  canonicalText,
  canonicalJson,
  endsRecord,
  firstOfRange,
  NumberBits,
  opensRecord,
  parseSessionId,
  privateKey,
  rangeOf,
  sessionCommands,
  sessionQueries,
  sessionState,
  settledSession,
  stateKey,
} from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import type { z } from 'zod';
import {
  decode,
  decodeStored,
  execute,
  parseJson,
  queryOf,
  readOwnBody,
  readRecord,
  refuse,
  RoamingContract,
  unpackedBodies,
} from '../context/index.ts';
import { endOf } from './lanes.ts';
import { claim } from './transactions/claim.ts';
import { expire } from './transactions/expire.ts';
import { open } from './transactions/open.ts';
import { purge } from './transactions/purge.ts';
import { record } from './transactions/record.ts';
import { revoke } from './transactions/revoke.ts';
import { settle } from './transactions/settle.ts';
import { voidSession } from './transactions/void.ts';

const findRecord = async <S extends z.ZodType>(ctx: Context, schema: S, key: string) => {
  const bytes = await ctx.stub.getState(key);
  return bytes.length === 0 ? undefined : decodeStored(schema, key, bytes);
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

  settle(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.settle', sessionCommands.settle, args, settle);
  }

  claim(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.claim', sessionCommands.claim, args, claim);
  }

  void(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.void', sessionCommands.void, args, voidSession);
  }

  expire(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.expire', sessionCommands.expire, args, expire);
  }

  revoke(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.revoke', sessionCommands.revoke, args, revoke);
  }

  purge(ctx: Context, ...args: string[]): Promise<string> {
    return execute(ctx, 'session.purge', sessionCommands.purge, args, purge);
  }

  /** State of one number, from public state alone. Text: a `sessionState`. */
  async get(ctx: Context, ...args: string[]): Promise<string> {
    const { sessionId } = queryOf(sessionQueries.get, args);
    const name = parseSessionId(sessionId);
    if (!name.ok) return refuse('INVALID_ARGUMENT', name.error.message);
    const { laneId, number } = name.value;
    const range = rangeOf(number);
    const first = firstOfRange(range);
    const opens = await findRecord(ctx, opensRecord, stateKey.opens(laneId, range));
    if (!new NumberBits(first, opens?.bits).has(number))
      return refuse('NOT_FOUND', `there is no session ${sessionId}`);
    const ends = await findRecord(ctx, endsRecord, stateKey.ends(laneId, range));
    const end = endOf(
      { closed: new NumberBits(first, ends?.closed), gone: new NumberBits(first, ends?.gone) },
      number,
    );
    return canonicalText(sessionState, { sessionId, state: end ?? 'opened' });
  }

  async getBatch(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(sessionQueries.getBatch, args);
    return readRecord(ctx, stateKey.batch(batchId));
  }

  /** One settled session with the path from its text to the batch's root. Text: a `settledSession`. */
  async getClosed(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId, sessionId } = queryOf(sessionQueries.getClosed, args);
    const texts = unpackedBodies(await readOwnBody(ctx, privateKey.batch(batchId)), batchId);
    const index = texts.findIndex((text) => {
      const { close } = parseJson(text, 'a settled session') as { close: { sessionId: string } };
      return close.sessionId === sessionId;
    });
    const body = texts[index];
    if (body === undefined) return refuse('NOT_FOUND', `batch ${batchId} has no session ${sessionId}`);
    const header = await readOwnBody(ctx, privateKey.header(batchId));
    return canonicalText(settledSession, {
      body,
      header: decode(batchHeader, parseJson(header, 'header'), 'header'),
      proof: hashTree(texts.map(bodyHash)).pathTo(index),
    });
  }

  /** Text: a `batchBodies`, its keys in order. */
  async getBatchBodies(ctx: Context, ...args: string[]): Promise<string> {
    const { batchId } = queryOf(sessionQueries.getBatchBodies, args);
    const bodies = unpackedBodies(await readOwnBody(ctx, privateKey.batch(batchId)), batchId);
    const header = await readOwnBody(ctx, privateKey.header(batchId));
    return `{"bodies":${canonicalJson(bodies)},"header":${header}}`;
  }
}
