import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const answer = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), world: z.record(z.string(), z.unknown()) }),
  z.strictObject({ ok: z.literal(false), message: z.string() }),
]);

/** Hands at a simulated device: a client of its second socket. */
export class Hands {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string, undefined>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /** @throws the system's error when nobody serves the socket */
  static async connect(path: string): Promise<Hands> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new Hands(socket);
  }

  /** Does something to the device, at an instant of its own when it lives by what it is told. @throws Error what cannot be done */
  act(action: Readonly<Record<string, unknown>>, atMs?: number): Promise<Readonly<Record<string, unknown>>> {
    return this.#tell({ act: action, ...(atMs === undefined ? {} : { atMs }) });
  }

  /** Only looks. */
  look(atMs?: number): Promise<Readonly<Record<string, unknown>>> {
    return this.#tell({ act: null, ...(atMs === undefined ? {} : { atMs }) });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #tell(message: unknown): Promise<Readonly<Record<string, unknown>>> {
    this.#socket.write(`${JSON.stringify(message)}\n`);
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error('the device ended the connection without an answer');
    const told = answer.parse(JSON.parse(value));
    if (!told.ok) throw new Error(told.message);
    return told.world;
  }
}
