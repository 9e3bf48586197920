import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ObserveWriteStream, type OutgoingMessage } from 'coap';
import type { Logger } from '@roamgrid/service-kit';
import { z } from 'zod';
import { Answers, type CoapAnswer } from './answers.ts';
import { digestOf, emapPeer, provenBy, type Asked, type Proven } from './proof.ts';
import { isResource, linkFormat, readResource, tellResource, type EmapHouse } from './resources.ts';

/** A house's own network, and who speaks there. */
export const emapConfig = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(5_683),
  peers: z.array(emapPeer).min(1).max(100),
});
export type EmapConfig = z.output<typeof emapConfig>;

const MOST_OBSERVERS = 100;
/** Largest body that a peer sends, bytes. */
const MOST_BYTES = 256 * 1024;

const askedBy = ({ method, url }: IncomingMessage): Asked => {
  const { pathname, searchParams } = new URL(url, 'coap://house');
  return { method, path: pathname, query: searchParams };
};

export interface EmapServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves a house's prices, events and DER by JSON over CoAP. A notification carries a number alone, as the package sends no long one: the
 * observer fetches what changed. Spec: RFC 7252, RFC 7641, RFC 7959.
 */
export const startEmap = async (
  { host, port, peers }: EmapConfig,
  house: EmapHouse,
  log: Logger,
): Promise<EmapServer> => {
  const answers = new Answers(house.nowMs);
  const observers = new Map<string, ObserveWriteStream>();
  let changes = 0;
  const notice = (): Buffer => Buffer.from(JSON.stringify({ changes }));
  const stopListening = house.book.onChange(() => {
    changes += 1;
    for (const stream of observers.values()) stream.write(notice());
  });

  const end = (response: OutgoingMessage, { code, body }: CoapAnswer): void => {
    response.code = code;
    if (body === undefined) {
      response.end();
      return;
    }
    response.setOption('Content-Format', 'application/json');
    response.end(Buffer.from(JSON.stringify(body)));
  };

  const observe = (request: IncomingMessage, stream: ObserveWriteStream, path: string): void => {
    const { address, port: theirs } = request.rsinfo;
    const key = `${address} ${theirs} ${path}`;
    if (!observers.has(key) && observers.size >= MOST_OBSERVERS) {
      stream.statusCode = '5.00';
      stream.end();
      return;
    }
    observers.get(key)?.end();
    observers.set(key, stream);
    // It ends when a notification is not confirmed, or is refused.
    stream.on('finish', () => {
      if (observers.get(key) === stream) observers.delete(key);
    });
    stream.on('error', (err: unknown) => {
      log.info({ err }, 'an observer is gone');
    });
    stream.setOption('Content-Format', 'application/json');
    stream.write(notice());
  };

  const work = async (
    { peer, digest }: Proven,
    { method, path }: Asked,
    payload: Uint8Array,
  ): Promise<CoapAnswer> => {
    const [, root, name = '', id] = path.split('/');
    if (root !== 'emap' || !(isResource(name) || name === 'der')) return { code: '4.04' };
    if (method === 'GET' && id === undefined) return readResource(house, name);
    if (method !== 'PUT' || id === undefined || name === 'der') return { code: '4.05' };
    if (peer.may !== 'tell') return { code: '4.03' };
    if (payload.length > MOST_BYTES || digest !== digestOf(payload)) return { code: '4.00' };
    return tellResource(house, name, id, peer, payload);
  };

  const server = createServer({}, (request: IncomingMessage, response: OutgoingMessage) => {
    const asked = askedBy(request);
    if (asked.path === '/.well-known/core' && asked.method === 'GET') {
      response.setOption('Content-Format', 'application/link-format');
      response.end(Buffer.from(linkFormat()));
      return;
    }
    const proven = provenBy(asked, peers, house.nowMs());
    if (proven === undefined) {
      end(response, { code: '4.01' });
      return;
    }
    response.on('error', (err: unknown) => {
      log.info({ err }, 'an answer did not arrive');
    });
    const isObserving = request.headers.Observe === 0;
    void answers
      .answer(proven, () => work(proven, asked, request.payload))
      .catch((err: unknown): CoapAnswer => {
        log.error({ err }, 'unforeseen failure');
        return { code: '5.00' };
      })
      .then((answer) => {
        if (isObserving && answer.code === '2.05')
          observe(request, response as unknown as ObserveWriteStream, asked.path);
        else end(response, answer);
      });
  });
  keyBlocksByProof(server, (asked) => provenBy(asked, peers, house.nowMs()));
  server.on('error', (err: unknown) => {
    log.error({ err }, 'the CoAP socket failed');
  });
  server.listen(port, host);
  // The package has no event for it.
  const socket = (server as unknown as { readonly _sock: Socket })._sock;
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async close() {
      stopListening();
      for (const stream of observers.values()) stream.end();
      await new Promise<void>((done) => {
        server.close(() => {
          done();
        });
      });
    },
  };
};

/**
 * The package puts blocks together by the token, which clients may change with each block (RFC 7959 §2.2) and PyPI `aiocoap` does. Here it
 * is the peer's proof that tells which blocks belong together; blocks that nobody proved are not kept.
 */
const keyBlocksByProof = (server: object, proven: (asked: Asked) => Proven | undefined): void => {
  Object.assign(server, {
    _toCacheKey(
      request: IncomingMessage,
      packet: { readonly options?: readonly { readonly name: unknown }[] },
    ) {
      const found = proven(askedBy(request));
      const isPart = packet.options?.some(({ name }) => name === 'Block1' || name === 'Block2') ?? false;
      if (found === undefined && isPart) throw new Error('a block that nobody proved');
      return found?.mac ?? `nobody ${request.rsinfo.address}:${request.rsinfo.port}`;
    },
  });
};
