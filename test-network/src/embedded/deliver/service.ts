/** The `protos.Deliver` service of one organisation's peer. Spec: Fabric `common/deliver`, `core/peer/deliverevents.go`. */
import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { common, orderer, peer } from '@hyperledger/fabric-protos';
import type { Channel } from '../channel.ts';
import { toServiceError } from '../gateway/errors.ts';
import { IdentityError, verifySignature } from '../identity/msp.ts';
import type { Identity } from '../identity/msp.ts';
import type { CommittedBlock } from '../ledger/ledger.ts';
import { txPrivateRwset } from '../simulator/private-rwset.ts';
import { blocksFrom, send } from './block-stream.ts';
import { filteredBlock } from './filtered.ts';

const Status = common.Status;
type StatusValue = common.StatusMap[keyof common.StatusMap];
type Call = ServerDuplexStream<common.Envelope, peer.DeliverResponse>;
/** Renders a block for a reader who was let in. */
type Render = (channel: Channel, block: CommittedBlock, reader: Identity) => peer.DeliverResponse;

interface Request {
  readonly channel: Channel;
  readonly reader: Identity;
  readonly seek: orderer.SeekInfo;
}

function renderBlock(_: Channel, block: CommittedBlock): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setBlock(common.Block.deserializeBinary(block.bytes));
  return response;
}

function renderFiltered(_: Channel, block: CommittedBlock): peer.DeliverResponse {
  const response = new peer.DeliverResponse();
  response.setFilteredBlock(filteredBlock(block));
  return response;
}

/** The private data that this organisation's peer has, of the collections that the reader belongs to. */
function privateRenderer(mspId: string): Render {
  return (channel, block, reader) => {
    const message = new peer.BlockAndPrivateData();
    message.setBlock(common.Block.deserializeBinary(block.bytes));
    const database = channel.ledger.privates.get(mspId);
    for (const tx of block.transactions.keys()) {
      const eligible = (database?.writesOf(block.number, tx) ?? []).filter(({ namespace, collection }) => {
        const found = channel.definitions.collection(namespace, collection);
        return found !== undefined && channel.definitions.isMember(found, reader);
      });
      if (eligible.length > 0) message.getPrivateDataMapMap().set(tx, txPrivateRwset(eligible));
    }
    const response = new peer.DeliverResponse();
    response.setBlockAndPrivateData(message);
    return response;
  };
}

function firstBlock(position: orderer.SeekPosition | undefined, height: number): number | undefined {
  const Type = orderer.SeekPosition.TypeCase;
  switch (position?.getTypeCase() ?? Type.TYPE_NOT_SET) {
    case Type.OLDEST:
      return 0;
    case Type.NEWEST:
      return height - 1;
    case Type.SPECIFIED:
      return position?.getSpecified()?.getNumber() ?? 0;
    case Type.NEXT_COMMIT:
      return height;
    case Type.TYPE_NOT_SET:
      return undefined;
  }
}

export class DeliverService {
  readonly #mspId: string;
  readonly #channels: ReadonlyMap<string, Channel>;

  constructor(mspId: string, channels: ReadonlyMap<string, Channel>) {
    this.#mspId = mspId;
    this.#channels = channels;
  }

  get implementation(): UntypedServiceImplementation {
    return {
      deliver: (call: Call) => {
        this.#serve(call, renderBlock);
      },
      deliverFiltered: (call: Call) => {
        this.#serve(call, renderFiltered);
      },
      deliverWithPrivateData: (call: Call) => {
        this.#serve(call, privateRenderer(this.#mspId));
      },
    };
  }

  #serve(call: Call, render: Render): void {
    let queue = Promise.resolve();
    call.on('data', (envelope: common.Envelope) => {
      queue = queue
        .then(() => this.#deliver(call, envelope, render))
        .catch((error: unknown) => {
          call.emit('error', toServiceError(error));
        });
    });
    call.on('error', () => call.end());
    call.on('end', () => {
      void queue.then(() => call.end());
    });
  }

  async #deliver(call: Call, envelope: common.Envelope, render: Render): Promise<void> {
    const request = this.#admit(envelope);
    const code = typeof request === 'number' ? request : await this.#stream(call, request, render);
    const response = new peer.DeliverResponse();
    response.setStatus(code);
    await send(call, response);
    if (code !== Status.SUCCESS) call.end();
  }

  /** The request when its sender may read the channel; a status otherwise. */
  #admit(envelope: common.Envelope): Request | StatusValue {
    try {
      const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
      const header = payload.getHeader();
      const channelHeader = common.ChannelHeader.deserializeBinary(
        header?.getChannelHeader_asU8() ?? new Uint8Array(),
      );
      const signatureHeader = common.SignatureHeader.deserializeBinary(
        header?.getSignatureHeader_asU8() ?? new Uint8Array(),
      );
      const channel = this.#channels.get(channelHeader.getChannelId());
      if (channel === undefined) return Status.NOT_FOUND;
      const seek = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
      const reader = channel.msps.deserialize(signatureHeader.getCreator_asU8());
      const signed = verifySignature(reader, envelope.getPayload_asU8(), envelope.getSignature_asU8());
      if (!signed || reader.role === undefined || reader.notAfterMs < Date.now()) return Status.FORBIDDEN;
      return { channel, reader, seek };
    } catch (error) {
      return error instanceof IdentityError ? Status.FORBIDDEN : Status.BAD_REQUEST;
    }
  }

  async #stream(call: Call, { channel, reader, seek }: Request, render: Render): Promise<StatusValue> {
    const { ledger } = channel;
    const start = firstBlock(seek.getStart(), ledger.height);
    const Type = orderer.SeekPosition.TypeCase;
    const stopType = seek.getStop()?.getTypeCase();
    if (start === undefined || stopType === undefined) return Status.BAD_REQUEST;
    const bounds = new Map<number, number>([
      [Type.OLDEST, start],
      [Type.NEWEST, Math.max(ledger.height - 1, start)],
      [Type.SPECIFIED, seek.getStop()?.getSpecified()?.getNumber() ?? 0],
    ]);
    const stop = bounds.get(stopType) ?? Number.MAX_SAFE_INTEGER;
    if (stop < start) return Status.BAD_REQUEST;
    const failIfNotReady = seek.getBehavior() === orderer.SeekInfo.SeekBehavior.FAIL_IF_NOT_READY;
    if (failIfNotReady && start >= ledger.height) return Status.NOT_FOUND;
    for await (const block of blocksFrom(ledger, start, call)) {
      await send(call, render(channel, block, reader));
      if (block.number >= stop) return Status.SUCCESS;
      if (failIfNotReady && block.number + 1 >= ledger.height) return Status.NOT_FOUND;
    }
    return Status.SERVICE_UNAVAILABLE;
  }
}
