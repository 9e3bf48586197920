import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The network of a phone, which can be cut while its radio for chargers goes on: a browser that is switched offline as a whole opens no WebSocket
 * either. As underground, the phone may still believe that it has a network; nothing answers there.
 */
export interface Mast {
  /** For all that the browser asks, but at the outlets' radios. */
  readonly proxy: { readonly server: string; readonly bypass: string };
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param radioUrls what is reached past the network */
export const raiseMast = async (radioUrls: readonly string[]): Promise<Mast> => {
  let isCut = false;
  const broken = (response: ServerResponse) => () => response.destroy();
  const server = createServer((asked, response) => {
    if (isCut) {
      response.destroy();
      return;
    }
    const { url = '', method, headers } = asked;
    const passedOn = request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', broken(response)).pipe(response);
    });
    asked.pipe(passedOn.on('error', broken(response)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const past = radioUrls.map((url) => new URL(url).host);
  return {
    proxy: {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      bypass: ['<-loopback>', ...past].join(','),
    },
    cut: () => {
      isCut = true;
      server.closeAllConnections();
    },
    mend: () => {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
