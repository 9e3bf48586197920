import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  afterByTimer,
  BEARER,
  Link,
  socketBearer,
  type LinkPace,
  type OfflineCharger,
} from '@roamgrid/offline';
import { WebSocketServer } from 'ws';

export interface RadioConfig {
  readonly charger: Pick<OfflineCharger, 'serve'>;
  /** Loopback alone: a radio reaches no farther than a hand. A free port when absent. */
  readonly port?: number;
  /** Most bytes of a frame; those of GATT as phones have it when absent. */
  readonly frameBytes?: number;
  /** How soon and how often it sends again what was not heard; that of a radio when absent. */
  readonly pace?: LinkPace;
  /** Hears of contacts that ended by a fault of the charger. */
  readonly onFault?: (error: unknown) => void;
}

/** A charger has two radios, each with one phone at a time. */
const MOST_CONTACTS = 2;
const PACE = { againMs: 200, tries: 25 };

/** Stands in for the radio of a charger: a WebSocket is a contact, a message of it a frame. For desktops and tests. */
export const serveRadio = async ({
  charger,
  port = 0,
  frameBytes = BEARER.gattUsual,
  pace = PACE,
  onFault = () => undefined,
}: RadioConfig): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const http = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('a radio: WebSocket frames alone\n');
  });
  const contacts = new WebSocketServer({ server: http, maxPayload: frameBytes, perMessageDeflate: false });
  contacts.on('connection', (socket) => {
    if (contacts.clients.size > MOST_CONTACTS) {
      socket.terminate();
      return;
    }
    const link = new Link(socketBearer(socket, frameBytes), afterByTimer, pace);
    void charger
      .serve(link)
      .catch(onFault)
      .finally(() => {
        socket.close();
      });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of contacts.clients) socket.terminate();
        http.close(() => {
          resolve();
        });
      }),
  };
};
