import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A line to an agent that hears every byte both ways, and can be cut. */
export class TappedLine {
  readonly heard: Buffer[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #port = 0;
  isCut = false;

  constructor() {
    this.#server = createServer((from) => {
      if (this.isCut) return void from.destroy();
      const to = connect(this.#port, '127.0.0.1');
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        this.#open.add(one);
        one.on('data', (bytes: Buffer) => {
          this.heard.push(bytes);
          other.write(bytes);
        });
        one.on('close', () => {
          this.#open.delete(one);
          other.destroy();
        });
        one.on('error', () => other.destroy());
      }
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  leadTo(url: string): void {
    this.#port = Number(new URL(url).port);
  }

  cut(isCut: boolean): void {
    this.isCut = isCut;
    if (isCut) for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut(true);
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}
