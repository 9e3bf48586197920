import { canonicalJson, implicitCollection, type JsonValue } from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import type { z } from 'zod';
import { soleArgument } from './execute.ts';
import { ensure, refuse } from './ledger-error.ts';
import { decode, parseJson } from './parse.ts';

/** Reads of the ledger: stored text is canonical already and goes out as it stands. */

export const queryOf = <S extends z.ZodType>(schema: S, args: readonly string[]): z.output<S> =>
  decode(schema, parseJson(soleArgument(args), 'query'), 'query');

/** A public record's canonical text, or NOT_FOUND. */
export const readRecord = async (ctx: Context, key: string): Promise<string> => {
  const bytes = await ctx.stub.getState(key);
  return bytes.length === 0 ? refuse('NOT_FOUND', `there is no ${key}`) : Buffer.from(bytes).toString('utf8');
};

/**
 * A private body's canonical text from the collection of the caller's own organisation. Only that organisation's peer
 * has it: ask that one.
 */
export const readOwnBody = async (ctx: Context, key: string): Promise<string> => {
  const collection = implicitCollection(ctx.clientIdentity.getMSPID());
  const bytes = await ctx.stub.getPrivateData(collection, key);
  return bytes.length === 0
    ? refuse('NOT_FOUND', `${collection} has no ${key}`)
    : Buffer.from(bytes).toString('utf8');
};

export interface PageRequest {
  readonly pageSize: number;
  readonly bookmark: string;
}

interface RawPage {
  readonly records: readonly JsonValue[];
  readonly bookmark: string;
}

const pageOf = async (ctx: Context, start: string, end: string, request: PageRequest): Promise<RawPage> => {
  const { pageSize, bookmark } = request;
  // Where the list would go on; elsewhere lie other records.
  const isOfList = bookmark === '' || (bookmark >= start && bookmark <= end);
  ensure(isOfList, 'INVALID_ARGUMENT', 'the bookmark is of another list: begin again without one');
  const { iterator, metadata } = await ctx.stub.getStateByRangeWithPagination(start, end, pageSize, bookmark);
  const records: JsonValue[] = [];
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) break;
    records.push(parseJson(Buffer.from(value.value).toString('utf8'), value.key) as JsonValue);
  }
  await iterator.close();
  // A full page's bookmark may point past the last record; asking on then gives an empty page, which ends the list.
  return { records, bookmark: records.length < pageSize ? '' : metadata.bookmark };
};

/** One page of the records in a key range, `start` included, `end` not. Text: a `recordPage`. */
export const readPage = async (
  ctx: Context,
  start: string,
  end: string,
  request: PageRequest,
): Promise<string> => canonicalJson({ ...(await pageOf(ctx, start, end, request)) });

/** A page of the records that a range of index entries points to. */
export const readLinkedPage = async (
  ctx: Context,
  start: string,
  end: string,
  request: PageRequest,
  keyOf: (entry: JsonValue) => string,
): Promise<string> => {
  const { records: entries, bookmark } = await pageOf(ctx, start, end, request);
  const records: JsonValue[] = [];
  for (const entry of entries) {
    const key = keyOf(entry);
    records.push(parseJson(await readRecord(ctx, key), key) as JsonValue);
  }
  return canonicalJson({ records, bookmark });
};
