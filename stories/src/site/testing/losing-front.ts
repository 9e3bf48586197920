import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Between } from '../../system/between.ts';

/** Stands before one part and, while it is losing, lets every request through and no answer back. */
export class LosingFront implements Between {
  isLosing = false;
  readonly #name: string;
  readonly #servers: Server[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  async port(name: string, behindPort: number): Promise<number> {
    if (name !== this.#name) return behindPort;
    const server = createServer((asked, answer) => {
      const { method, url, headers } = asked;
      const isLost = this.isLosing && method === 'POST';
      const behind = request({ host: '127.0.0.1', port: behindPort, method, path: url, headers }, (given) => {
        if (isLost) {
          given.resume();
          answer.destroy();
          return;
        }
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      });
      behind.on('error', () => answer.destroy());
      asked.pipe(behind);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}
