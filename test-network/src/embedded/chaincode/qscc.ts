/** The query system chaincode: chain info, blocks and transactions. Spec: Fabric `core/scc/qscc`. */
import { common, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.ts';
import { decodeBlock, headerHash } from '../ledger/block.ts';
import type { ExecutionResult } from './context.ts';

const OK = 200;
const ERROR = 500;

function answer(status: number, message: string, payload: Uint8Array): ExecutionResult {
  const response = new peer.Response();
  response.setStatus(status);
  response.setMessage(message);
  response.setPayload(payload);
  return { response, event: undefined };
}

function chainInfo(channel: Channel): Uint8Array {
  const info = new common.BlockchainInfo();
  info.setHeight(channel.ledger.height);
  info.setCurrentblockhash(channel.ledger.lastHash);
  info.setPreviousblockhash(channel.ledger.previousHash);
  return info.serializeBinary();
}

function blockBytes(channel: Channel, number: number): Uint8Array {
  const block = channel.ledger.block(number);
  if (block === undefined)
    throw new Error(`Failed to get block number ${number}, error no such block number`);
  return block.bytes;
}

function byHash(channel: Channel, hash: Uint8Array): Uint8Array {
  for (let number = channel.ledger.height - 1; number >= 0; number -= 1) {
    const bytes = blockBytes(channel, number);
    if (headerHash(decodeBlock(bytes).header).equals(hash)) return bytes;
  }
  throw new Error(`Failed to get block hash ${Buffer.from(hash).toString('hex')}, error no such block hash`);
}

function transaction(channel: Channel, txId: string): { block: number; tx: number; code: number } {
  const row = channel.ledger.state.transaction(txId);
  if (row === undefined || row.block >= channel.ledger.height) {
    throw new Error(
      `Failed to get transaction with id ${txId}, error no such transaction ID [${txId}] in index`,
    );
  }
  return row;
}

function processed(channel: Channel, txId: string): Uint8Array {
  const row = transaction(channel, txId);
  const envelope = decodeBlock(blockBytes(channel, row.block)).envelopes[row.tx] ?? new Uint8Array();
  const message = new peer.ProcessedTransaction();
  message.setTransactionenvelope(common.Envelope.deserializeBinary(envelope));
  message.setValidationcode(row.code);
  return message.serializeBinary();
}

/** Runs a function of qscc; every failure is a response of status 500. */
export function runQscc(channel: Channel, input: peer.ChaincodeInput): ExecutionResult {
  const [name, channelId, argument] = input.getArgsList_asU8().map((each) => Buffer.from(each));
  const text = argument?.toString('utf8') ?? '';
  try {
    if (channelId?.toString('utf8') !== channel.name)
      throw new Error(`Invalid chain ID, ${String(channelId)}`);
    switch (name?.toString('utf8') ?? '') {
      case 'GetChainInfo':
        return answer(OK, '', chainInfo(channel));
      case 'GetBlockByNumber':
        return answer(OK, '', blockBytes(channel, Number(text)));
      case 'GetBlockByHash':
        return answer(OK, '', byHash(channel, argument ?? new Uint8Array()));
      case 'GetBlockByTxID':
        return answer(OK, '', blockBytes(channel, transaction(channel, text).block));
      case 'GetTransactionByID':
        return answer(OK, '', processed(channel, text));
      default:
        throw new Error(`Requested function ${String(name)} not found.`);
    }
  } catch (error) {
    return answer(ERROR, error instanceof Error ? error.message : String(error), new Uint8Array());
  }
}
