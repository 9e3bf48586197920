/** Chaincode events of valid transactions, block by block, resumable. Spec: Fabric `gateway/chaincodeevents.go`. */
import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { gateway, orderer, peer } from '@hyperledger/fabric-protos';
import type { ChannelLedger } from '../ledger/ledger.ts';
import { RpcError } from './errors.ts';
import { blocksFrom, send } from '../deliver/block-stream.ts';

function startBlock(ledger: ChannelLedger, request: gateway.ChaincodeEventsRequest): number {
  const after = request.getAfterTransactionId();
  const row = after === '' ? undefined : ledger.state.transaction(after);
  if (row !== undefined && row.block < ledger.height) return row.block;
  const position = request.getStartPosition();
  const Type = orderer.SeekPosition.TypeCase;
  switch (position?.getTypeCase() ?? Type.TYPE_NOT_SET) {
    case Type.SPECIFIED:
      return position?.getSpecified()?.getNumber() ?? 0;
    case Type.TYPE_NOT_SET:
    case Type.NEXT_COMMIT:
      return ledger.height;
    case Type.NEWEST:
    case Type.OLDEST:
      throw new RpcError(
        status.INVALID_ARGUMENT,
        'invalid start position type: use next commit or a block number',
      );
  }
}

/** Sends events until the call is cancelled or the ledger closes. */
export async function streamChaincodeEvents(
  ledger: ChannelLedger,
  request: gateway.ChaincodeEventsRequest,
  call: ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>,
): Promise<void> {
  const chaincodeId = request.getChaincodeId();
  const after = request.getAfterTransactionId();
  let passed = after === '';
  for await (const block of blocksFrom(ledger, startBlock(ledger, request), call)) {
    const events: peer.ChaincodeEvent[] = [];
    for (const [tx, { action }] of block.transactions.entries()) {
      if (block.flags[tx] !== peer.TxValidationCode.VALID) continue;
      const event = action?.event;
      if (event === undefined) continue;
      // As in Fabric, only a transaction with an event can be the one to resume after.
      if (!passed) passed = event.getTxId() === after;
      else if (event.getChaincodeId() === chaincodeId) events.push(event);
    }
    if (events.length === 0) continue;
    const response = new gateway.ChaincodeEventsResponse();
    response.setEventsList(events);
    response.setBlockNumber(block.number);
    await send(call, response);
  }
}
