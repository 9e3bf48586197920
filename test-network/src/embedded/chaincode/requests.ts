/**
 * Answers what a chaincode asks its peer while it runs. Spec: Fabric `core/chaincode/handler.go`; the errors' texts are
 * the peer's, since chaincode shows them to its clients.
 */
import { peer } from '@hyperledger/fabric-protos';
import type { TransactionContext } from './context.ts';
import { decodeKeyRequest, encodeMessage } from './messages.ts';
import { BatchedQuery, encodeHistory, encodeKeyValue } from './queries.ts';
import type { OpenQuery } from './queries.ts';

const Type = peer.ChaincodeMessage.Type;
const NOTHING = new Uint8Array();

/** Answers one request with the payload of the response. Throws what the chaincode is told as an error. */
export type RequestHandler = (
  payload: Uint8Array,
  context: TransactionContext,
) => Uint8Array | Promise<Uint8Array>;

function getState(payload: Uint8Array, context: TransactionContext): Uint8Array {
  const { key, collection } = decodeKeyRequest(payload, false);
  const { simulator } = context.invocation;
  if (collection === '') return simulator.getState(context.namespace, key);
  context.requireRead(collection);
  return simulator.getPrivateData(context.namespace, collection, key);
}

function getPrivateDataHash(payload: Uint8Array, { invocation, namespace }: TransactionContext): Uint8Array {
  const { key, collection } = decodeKeyRequest(payload, false);
  return invocation.simulator.getPrivateDataHash(namespace, collection, key);
}

function put(context: TransactionContext, collection: string, key: string, value: Uint8Array): void {
  const { simulator } = context.invocation;
  if (collection === '') {
    simulator.setState(context.namespace, key, value);
    return;
  }
  context.requireWrite(collection);
  simulator.setPrivateData(context.namespace, collection, key, value);
}

function putState(payload: Uint8Array, context: TransactionContext): Uint8Array {
  const { key, collection, value } = decodeKeyRequest(payload, true);
  put(context, collection, key, value);
  return NOTHING;
}

function delState(payload: Uint8Array, context: TransactionContext): Uint8Array {
  const { key, collection } = decodeKeyRequest(payload, false);
  put(context, collection, key, NOTHING);
  return NOTHING;
}

function purgePrivateData(payload: Uint8Array, context: TransactionContext): Uint8Array {
  const request = peer.PurgePrivateState.deserializeBinary(payload);
  const collection = request.getCollection();
  if (collection === '') throw new Error('only applicable for private data');
  context.requireWrite(collection);
  context.invocation.simulator.purgePrivateData(context.namespace, collection, request.getKey());
  return NOTHING;
}

function getStateMetadata(payload: Uint8Array, context: TransactionContext): Uint8Array {
  const request = peer.GetStateMetadata.deserializeBinary(payload);
  const collection = request.getCollection();
  const { simulator } = context.invocation;
  if (collection !== '') context.requireRead(collection);
  const metadata =
    collection === ''
      ? simulator.getStateMetadata(context.namespace, request.getKey())
      : simulator.getPrivateMetadata(context.namespace, collection, request.getKey());
  const result = new peer.StateMetadataResult();
  for (const [name, value] of metadata) {
    const entry = new peer.StateMetadata();
    entry.setMetakey(name);
    entry.setValue(value);
    result.addEntries(entry);
  }
  return result.serializeBinary();
}

function putStateMetadata(payload: Uint8Array, context: TransactionContext): Uint8Array {
  const request = peer.PutStateMetadata.deserializeBinary(payload);
  const collection = request.getCollection();
  const metadata = request.getMetadata();
  const entries =
    metadata === undefined ? [] : [{ name: metadata.getMetakey(), value: metadata.getValue_asU8() }];
  const { simulator } = context.invocation;
  if (collection === '') {
    simulator.setStateMetadata(context.namespace, request.getKey(), entries);
  } else {
    context.requireWrite(collection);
    simulator.setPrivateMetadata(context.namespace, collection, request.getKey(), entries);
  }
  return NOTHING;
}

async function begin(query: OpenQuery, context: TransactionContext): Promise<Uint8Array> {
  context.queries.set(query.id, query);
  return advance(query, context);
}

async function advance(query: OpenQuery, context: TransactionContext): Promise<Uint8Array> {
  const response = await query.next();
  if (!response.getHasMore()) context.queries.delete(query.id);
  return response.serializeBinary();
}

function rangeHandler(totalQueryLimit: number): RequestHandler {
  return (payload, context) => {
    const request = peer.GetStateByRange.deserializeBinary(payload);
    const collection = request.getCollection();
    const metadata = peer.QueryMetadata.deserializeBinary(request.getMetadata_asU8());
    const pageSize = metadata.getPagesize();
    const bookmark = metadata.getBookmark();
    const limit = pageSize > 0 && pageSize < totalQueryLimit ? pageSize : totalQueryLimit;
    const { simulator } = context.invocation;
    const [startKey, endKey] = [request.getStartkey(), request.getEndkey()];
    if (collection !== '') {
      context.requireRead(collection);
      const rows = simulator.privateRange(context.namespace, collection, startKey, endKey);
      return begin(new BatchedQuery(rows, encodeKeyValue, limit, false), context);
    }
    const paginated = pageSize !== 0 || bookmark !== '';
    const rows = paginated
      ? simulator.rangePage(context.namespace, bookmark === '' ? startKey : bookmark, endKey, pageSize)
      : simulator.range(context.namespace, startKey, endKey);
    return begin(new BatchedQuery(rows, encodeKeyValue, limit, paginated), context);
  };
}

function queryNext(payload: Uint8Array, context: TransactionContext): Promise<Uint8Array> {
  const query = context.queries.get(peer.QueryStateNext.deserializeBinary(payload).getId());
  if (query === undefined) throw new Error('query iterator not found');
  return advance(query, context);
}

async function queryClose(payload: Uint8Array, context: TransactionContext): Promise<Uint8Array> {
  const id = peer.QueryStateClose.deserializeBinary(payload).getId();
  await context.queries.get(id)?.close();
  context.queries.delete(id);
  const response = new peer.QueryResponse();
  response.setId(id);
  return response.serializeBinary();
}

function historyHandler(totalQueryLimit: number): RequestHandler {
  return (payload, context) => {
    const key = peer.GetHistoryForKey.deserializeBinary(payload).getKey();
    const entries = context.invocation.history(context.namespace, key);
    return begin(new BatchedQuery(entries, encodeHistory, totalQueryLimit, false), context);
  };
}

function queryResult(payload: Uint8Array): Uint8Array {
  const request = peer.GetQueryResult.deserializeBinary(payload);
  const metadata = peer.QueryMetadata.deserializeBinary(request.getMetadata_asU8());
  const paginated = metadata.getPagesize() !== 0 || metadata.getBookmark() !== '';
  throw new Error(`${paginated ? 'ExecuteQueryWithMetadata' : 'ExecuteQuery'} not supported for leveldb`);
}

async function invokeChaincode(payload: Uint8Array, { invocation }: TransactionContext): Promise<Uint8Array> {
  const specification = peer.ChaincodeSpec.deserializeBinary(payload);
  const target = specification.getChaincodeId()?.getName() ?? '';
  const answer = await invocation.invoke(target, specification.getInput() ?? new peer.ChaincodeInput());
  return encodeMessage(answer);
}

/** All requests by message type. */
export function requestHandlers(totalQueryLimit: number): ReadonlyMap<number, RequestHandler> {
  return new Map<number, RequestHandler>([
    [Type.GET_STATE, getState],
    [Type.GET_PRIVATE_DATA_HASH, getPrivateDataHash],
    [Type.PUT_STATE, putState],
    [Type.DEL_STATE, delState],
    [Type.PURGE_PRIVATE_DATA, purgePrivateData],
    [Type.GET_STATE_METADATA, getStateMetadata],
    [Type.PUT_STATE_METADATA, putStateMetadata],
    [Type.GET_STATE_BY_RANGE, rangeHandler(totalQueryLimit)],
    [Type.QUERY_STATE_NEXT, queryNext],
    [Type.QUERY_STATE_CLOSE, queryClose],
    [Type.GET_HISTORY_FOR_KEY, historyHandler(totalQueryLimit)],
    [Type.GET_QUERY_RESULT, queryResult],
    [Type.INVOKE_CHAINCODE, invokeChaincode],
  ]);
}
