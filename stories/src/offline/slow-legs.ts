import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Between } from '../system/between.ts';

/** Wide-area legs: what is sent to some parts, and what they answer, takes so long each way. Opening a connection takes no longer than at home. They can be cut. */
export class SlowLegs implements Between {
  /** Each way. */
  delayMs: number;
  readonly #isFar: (name: string) => boolean;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  constructor(delayMs: number, isFar: (name: string) => boolean) {
    this.delayMs = delayMs;
    this.#isFar = isFar;
  }

  async port(name: string, behindPort: number): Promise<number> {
    if (!this.#isFar(name)) return behindPort;
    const server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(behindPort, '127.0.0.1');
      this.#carry(near, far);
      this.#carry(far, near);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Nobody gets through any more. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      setTimeout(() => {
        if (!to.destroyed) to.write(bytes);
      }, this.delayMs);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      setTimeout(() => to.destroy(), this.delayMs);
    });
  }
}
