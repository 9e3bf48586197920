/**
 * One organisation's connection to one chaincode server: dials `protos.Chaincode/Connect`, registers, and runs
 * invocations over the stream. Reconnects when the server comes back.
 */
import { Client, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { TransactionContext } from './context.ts';
import type { ExecutionResult, Invocation } from './context.ts';
import { decodeMessage, encodeMessage } from './messages.ts';
import type { StreamMessage } from './messages.ts';
import { requestHandlers } from './requests.ts';
import type { RequestHandler } from './requests.ts';
import type { LimitsConfig } from '../config.ts';
import type { OrganizationMaterial } from '../identity/material.ts';

const Type = peer.ChaincodeMessage.Type;
type Stream = ClientDuplexStream<StreamMessage, StreamMessage>;

export const STREAM_TERMINATED = 'chaincode stream terminated';
export const EXECUTION_TIMEOUT = 'timeout expired while executing transaction';
const TYPE_NAMES = new Map(Object.entries(Type).map(([name, value]) => [value as number, name]));
const RETRY_MS = 100;
const CONNECT = '/protos.Chaincode/Connect';
const NOTHING = new Uint8Array();

export class ChaincodeError extends Error {
  override readonly name = 'ChaincodeError';
}

type PeerTls = Pick<OrganizationMaterial, 'tlsCaPem' | 'peerTls'>;

function channelCredentials(tls: PeerTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const { certificatePem, privateKeyPem } = tls.peerTls;
  return credentials.createSsl(
    Buffer.from(tls.tlsCaPem),
    Buffer.from(privateKeyPem),
    Buffer.from(certificatePem),
  );
}

interface Running {
  readonly context: TransactionContext;
  readonly finish: (result: StreamMessage | Error) => void;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class ChaincodeConnection {
  readonly #name: string;
  readonly #address: string;
  readonly #limits: LimitsConfig;
  readonly #handlers: ReadonlyMap<number, RequestHandler>;
  readonly #client: Client;
  readonly #running = new Map<string, Running>();
  #ready: Promise<Stream> | undefined;
  #closed = false;

  /** @param tls whose server it must be, and as whom the peer shows itself; absent for plain. */
  constructor(name: string, address: string, limits: LimitsConfig, tls?: PeerTls) {
    this.#name = name;
    this.#address = address;
    this.#limits = limits;
    this.#handlers = requestHandlers(limits.totalQueryLimit);
    this.#client = new Client(address, channelCredentials(tls), {
      // The authority says whose server it is; all of its certificates are for this name.
      ...(tls === undefined ? {} : { 'grpc.ssl_target_name_override': 'localhost' }),
      'grpc.max_receive_message_length': limits.maxMessageBytes,
      'grpc.max_send_message_length': limits.maxMessageBytes,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': RETRY_MS,
      'grpc.max_reconnect_backoff_ms': RETRY_MS,
    });
  }

  /** The registered stream, dialled when there is none. */
  async #stream(): Promise<Stream> {
    if (this.#ready === undefined) {
      const attempt = this.#dial();
      this.#ready = attempt;
      attempt.catch(() => {
        if (this.#ready === attempt) this.#ready = undefined;
      });
    }
    return this.#ready;
  }

  async #dial(): Promise<Stream> {
    const deadline = Date.now() + this.#limits.dialTimeoutMs;
    for (;;) {
      try {
        return await this.#register(deadline);
      } catch (error) {
        if (this.#closed || Date.now() + RETRY_MS >= deadline) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new ChaincodeError(
            `could not launch chaincode ${this.#name}: connection to ${this.#name} failed: ` +
              `error creating grpc connection to ${this.#address}: ${reason}`,
          );
        }
        await delay(RETRY_MS);
      }
    }
  }

  #register(deadline: number): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const stream: Stream = this.#client.makeBidiStreamRequest(CONNECT, encodeMessage, decodeMessage);
      const timer = setTimeout(() => stream.cancel(), Math.max(deadline - Date.now(), 1));
      let registered = false;
      stream.on('data', (message: StreamMessage) => {
        if (registered) {
          this.#receive(stream, message);
          return;
        }
        if (message.type !== Type.REGISTER) {
          stream.cancel();
          return;
        }
        registered = true;
        clearTimeout(timer);
        for (const type of [Type.REGISTERED, Type.READY]) {
          stream.write({ type, payload: NOTHING, txId: '', channelId: '' });
        }
        resolve(stream);
      });
      const lost = (reason: string): void => {
        clearTimeout(timer);
        reject(new ChaincodeError(reason));
        if (registered) this.#lose();
      };
      stream.on('error', (error) => {
        lost(error.message);
      });
      stream.on('end', () => {
        lost('the chaincode ended the stream');
        stream.end();
      });
    });
  }

  #lose(): void {
    this.#ready = undefined;
    for (const { finish } of this.#running.values()) finish(new ChaincodeError(STREAM_TERMINATED));
  }

  /** Runs the chaincode and returns its last message, of type COMPLETED or ERROR. */
  async invoke(invocation: Invocation, input: peer.ChaincodeInput): Promise<StreamMessage> {
    const { channelId, txId } = invocation;
    const stream = await this.#stream();
    const id = channelId + txId;
    if (this.#running.has(id)) throw new ChaincodeError(`error sending: txid: ${txId}(${channelId}) exists`);
    const context = new TransactionContext(this.#name, invocation);
    const message: StreamMessage = {
      type: Type.TRANSACTION,
      payload: input.serializeBinary(),
      txId,
      channelId,
      proposal: invocation.proposal.serializeBinary(),
    };
    try {
      return await new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new ChaincodeError(`error sending: ${EXECUTION_TIMEOUT}`));
        }, this.#limits.executeTimeoutMs);
        const finish = (result: StreamMessage | Error): void => {
          clearTimeout(timer);
          if (result instanceof Error) reject(new ChaincodeError(`error sending: ${result.message}`));
          else resolve(result);
        };
        this.#running.set(id, { context, finish });
        stream.write(message);
      });
    } finally {
      this.#running.delete(id);
      if (context.queries.size > 0) await context.close();
    }
  }

  /** Runs the chaincode for an endorsement. */
  async execute(invocation: Invocation, input: peer.ChaincodeInput): Promise<ExecutionResult> {
    const { txId } = invocation;
    let answer: StreamMessage;
    try {
      answer = await this.invoke(invocation, input);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ChaincodeError(`failed to execute transaction ${txId}: ${reason}`);
    }
    if (answer.type === Type.ERROR) {
      const text = Buffer.from(answer.payload).toString('utf8');
      throw new ChaincodeError(`transaction returned with failure: ${text}`);
    }
    const eventBytes = answer.event ?? NOTHING;
    const event = eventBytes.length === 0 ? undefined : peer.ChaincodeEvent.deserializeBinary(eventBytes);
    event?.setChaincodeId(this.#name);
    event?.setTxId(txId);
    return { response: peer.Response.deserializeBinary(answer.payload), event };
  }

  #receive(stream: Stream, message: StreamMessage): void {
    const { type, txId, channelId } = message;
    if (type === Type.KEEPALIVE) return;
    const running = this.#running.get(channelId + txId);
    if (type === Type.COMPLETED || type === Type.ERROR) {
      running?.finish(message);
      return;
    }
    const fail = (error: unknown): void => {
      const reason = error instanceof Error ? error.message : String(error);
      const text = `${TYPE_NAMES.get(type) ?? String(type)} failed: transaction ID: ${txId}: ${reason}`;
      stream.write({ type: Type.ERROR, payload: Buffer.from(text), txId, channelId });
    };
    const succeed = (payload: Uint8Array): void => {
      stream.write({ type: Type.RESPONSE, payload, txId, channelId });
    };
    const handler = this.#handlers.get(type);
    if (running === undefined) {
      fail(new Error('no ledger context'));
    } else if (handler === undefined) {
      fail(new Error('UNIMPLEMENTED: the embedded development peer does not model this request'));
    } else {
      try {
        const payload = handler(message.payload, running.context);
        if (payload instanceof Promise) payload.then(succeed, fail);
        else succeed(payload);
      } catch (error) {
        fail(error);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const stream = await this.#ready?.catch(() => undefined);
    stream?.end();
    stream?.cancel();
    this.#client.close();
  }
}
