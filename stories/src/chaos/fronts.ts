import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Between } from '../system/between.ts';

interface Front {
  readonly name: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  isCut: boolean;
}

/** Stands between parts on the way of their connections, and cuts them: whoever is connected is thrown out, and nobody gets in. */
export class Fronts implements Between {
  readonly #fronts: Front[] = [];

  async port(name: string, behindPort: number): Promise<number> {
    const front: Front = { name, server: createServer(), sockets: new Set(), isCut: false };
    front.server.on('connection', (near) => {
      if (front.isCut) {
        near.destroy();
        return;
      }
      const far = connect(behindPort, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        front.sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          front.sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    await new Promise<void>((resolve, reject) => {
      front.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    this.#fronts.push(front);
    return (front.server.address() as AddressInfo).port;
  }

  /** Cuts every connection to the part. */
  cut(name: string): void {
    for (const front of this.#of(name)) {
      front.isCut = true;
      for (const socket of front.sockets) socket.destroy();
    }
  }

  mend(name: string): void {
    for (const front of this.#of(name)) front.isCut = false;
  }

  close(): void {
    for (const { server, sockets } of this.#fronts) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
  }

  #of(name: string): readonly Front[] {
    const found = this.#fronts.filter((front) => front.name === name);
    if (found.length === 0) throw new Error(`no connection leads to ${name}`);
    return found;
  }
}
