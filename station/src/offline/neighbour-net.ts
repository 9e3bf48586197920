import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterByTimer, Link, socketBearer, type NeighbourNet, type OfflineCharger } from '@roamgrid/offline';
import { WebSocket, WebSocketServer } from 'ws';
import { fileFlash } from './file-flash.ts';

export interface NeighbourNetConfig {
  /** Where each neighbour answers, by its outlet: what whoever set the charger up says. Looked up at each call, so that it may be said later. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** Where copies of their records are kept. */
  readonly folder: string;
  readonly host?: string;
  /** A free one when absent. */
  readonly port?: number;
  /** How often neighbours are told what they lack, besides when there is something new. */
  readonly everyMs?: number;
  /** Hears of meetings that ended by a fault of the charger. */
  readonly onFault?: (error: unknown) => void;
}

/** A frame; the longest message has 256 of them. */
const FRAME_BYTES = 1_024;
const PACE = { againMs: 200, tries: 10 };
const EVERY_MS = 5_000;
/** Each neighbour has one way in; whoever comes beyond is turned away. */
const MOST_MEETINGS = 32;
const DIAL_MS = 500;

/** One link a socket: the socket goes with it. */
const linkOf = (socket: WebSocket): Link =>
  new Link(
    {
      ...socketBearer(socket, FRAME_BYTES),
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(frame);
      },
      end: () => {
        socket.terminate();
      },
    },
    afterByTimer,
    PACE,
  );

const dialTo = async (url: string): Promise<Link> => {
  const socket = new WebSocket(url, { handshakeTimeout: DIAL_MS, perMessageDeflate: false });
  await once(socket, 'open');
  return linkOf(socket);
};

/** A charger's own place on the local network. */
export interface ServedNeighbours {
  readonly url: string;
  /** For the charger's options. */
  readonly net: NeighbourNet;
  /** From now on the charger answers, and tells. */
  join(charger: Pick<OfflineCharger, 'serveNeighbour' | 'tellNeighbours' | 'leaveNeighbours'>): void;
  close(): Promise<void>;
}

/** Chargers of one local network, over WebSockets: each answers its neighbours and calls them. */
export const serveNeighbours = async ({
  neighbours,
  folder,
  host = '127.0.0.1',
  port = 0,
  everyMs = EVERY_MS,
  onFault = () => undefined,
}: NeighbourNetConfig): Promise<ServedNeighbours> => {
  const http = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('chargers talk here, in frames\n');
  });
  const server = new WebSocketServer({ server: http, maxPayload: FRAME_BYTES, perMessageDeflate: false });
  let own: Parameters<ServedNeighbours['join']>[0] | undefined;
  let [isTelling, isAgain, isClosed] = [false, false, false];
  const tell = (): void => {
    if (own === undefined || isClosed) return;
    // What is new while they are told is told right after.
    isAgain = isTelling;
    if (isTelling) return;
    isTelling = true;
    own
      .tellNeighbours()
      .catch(onFault)
      .finally(() => {
        isTelling = false;
        if (isAgain) tell();
      });
  };
  server.on('connection', (socket) => {
    if (own === undefined || server.clients.size > MOST_MEETINGS) {
      socket.terminate();
      return;
    }
    own
      .serveNeighbour(linkOf(socket))
      .catch(onFault)
      .finally(() => {
        socket.close();
      });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen(port, host, resolve);
  });
  const ticking = setInterval(tell, everyMs);
  ticking.unref();
  return {
    url: `ws://${host}:${(http.address() as AddressInfo).port}`,
    net: {
      evseIds: [...neighbours.keys()],
      after: afterByTimer,
      changed: tell,
      flashOf: (evseId) => fileFlash(join(folder, `near-${evseId.replaceAll('*', '_')}`)),
      dial: async (evseId) => {
        const url = neighbours.get(evseId) ?? '';
        if (url === '') throw new Error(`nobody has said where ${evseId} answers`);
        return dialTo(url);
      },
    },
    join: (charger) => {
      own = charger;
      tell();
    },
    close: async () => {
      isClosed = true;
      clearInterval(ticking);
      own?.leaveNeighbours();
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => {
        http.close(() => {
          resolve();
        });
      });
    },
  };
};
