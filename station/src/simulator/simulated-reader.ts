import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  READER_VERSION,
  readerAnswer,
  type ReadError,
  type ReaderAnswer,
  type ReaderMessage,
} from '@roamgrid/wire';

/** A card reader that holds the cards that it is told to hold: a client of the station's reader socket. */
export class SimulatedReader {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string, undefined>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /** @throws the system's error when nobody serves the socket */
  static async connect(path: string): Promise<SimulatedReader> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new SimulatedReader(socket);
  }

  card(content: string): Promise<ReaderAnswer> {
    return this.#tell({ v: READER_VERSION, type: 'card', content });
  }

  readError(reason: ReadError): Promise<ReaderAnswer> {
    return this.#tell({ v: READER_VERSION, type: 'read-error', reason });
  }

  removed(): Promise<ReaderAnswer> {
    return this.#tell({ v: READER_VERSION, type: 'removed' });
  }

  /** A line as it is, which need not be a message. */
  async raw(text: string): Promise<ReaderAnswer> {
    this.#socket.write(text);
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error('the station ended the connection without an answer');
    return readerAnswer.parse(JSON.parse(value));
  }

  close(): void {
    this.#socket.destroy();
  }

  #tell(message: ReaderMessage): Promise<ReaderAnswer> {
    return this.raw(`${JSON.stringify(message)}\n`);
  }
}
