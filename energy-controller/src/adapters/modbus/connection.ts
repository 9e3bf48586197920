import { once } from 'node:events';
import { Socket } from 'node:net';
import jsmodbus from 'jsmodbus';
import { AdapterError } from '../adapter.ts';

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly unitId: number;
  /** For an answer, ms. */
  readonly timeoutMs: number;
}

type Client = InstanceType<typeof jsmodbus.client.TCP>;
export type Space = 'holding' | 'input';

/** Most registers of one request. Spec: Modbus Application Protocol 1.1b3, §6.3. */
export const MOST_WORDS = 125;

/** Exceptions that may pass: the device is busy or failed, or its gateway does not reach it. §7 of the same. */
const PASSING = new Set([4, 5, 6, 10, 11]);

const isOver = (signal: AbortSignal): boolean => signal.aborted;

const textOf = (thrown: unknown): string =>
  thrown !== null && typeof thrown === 'object' && 'message' in thrown
    ? String(thrown.message)
    : String(thrown);

const exceptionOf = (thrown: unknown): number | undefined => {
  const told = thrown as { readonly err?: string; readonly response?: { readonly body?: { code?: number } } };
  return told.err === 'ModbusException' ? (told.response?.body?.code ?? 0) : undefined;
};

/**
 * One connection to one Modbus TCP device, made when it is needed. Requests go one after another. After anything but an
 * answer or an exception the connection is given up, so that a late answer is never taken for another's.
 */
export class ModbusConnection {
  readonly #options: ConnectionOptions;
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  #count = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Another number after each new connection: what was learnt of the device has to be learnt again. */
  get generation(): number {
    return this.#count;
  }

  /** As many words as were asked for. @throws AdapterError */
  async read(space: Space, at: number, count: number, signal: AbortSignal): Promise<readonly number[]> {
    const told = await this.#ask(signal, `reading ${count} ${space} registers at ${at}`, async (client) => {
      const { response } =
        space === 'holding'
          ? await client.readHoldingRegisters(at, count)
          : await client.readInputRegisters(at, count);
      return response.body.valuesAsArray;
    });
    const words = Array.from(told);
    // A library at the other end may give what it has and no exception: values would move to other places.
    if (words.length !== count)
      throw new AdapterError(
        'MALFORMED',
        `${this.#name} answered ${words.length} of ${count} ${space} registers at ${at}: the table asks for more than the device has`,
      );
    return words;
  }

  /** Writes holding registers in one request. @throws AdapterError */
  async write(at: number, words: readonly number[], signal: AbortSignal): Promise<void> {
    const { response } = await this.#ask(signal, `writing ${words.length} registers at ${at}`, (client) =>
      client.writeMultipleRegisters(at, [...words]),
    );
    const { start, quantity } = response.body;
    if (start !== at || quantity !== words.length)
      throw new AdapterError(
        'MALFORMED',
        `${this.#name} says it wrote ${quantity} registers at ${start}, not ${words.length} at ${at}`,
      );
  }

  close(): void {
    this.#client?.socket.destroy();
    this.#client = undefined;
  }

  get #name(): string {
    const { host, port, unitId } = this.#options;
    return `the Modbus device ${unitId} at ${host}:${port}`;
  }

  async #ask<Answer>(
    signal: AbortSignal,
    what: string,
    request: (client: Client) => Promise<Answer>,
  ): Promise<Answer> {
    if (signal.aborted) throw new AdapterError('UNREACHABLE', `${this.#name}, ${what}: no time was left`);
    const client = await this.#connected(signal);
    const giveUp = (): void => this.#drop(client);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await request(client);
    } catch (thrown) {
      const exception = exceptionOf(thrown);
      if (exception === undefined) this.#drop(client);
      const code = exception === undefined || PASSING.has(exception) ? 'UNREACHABLE' : 'REFUSED';
      const why = isOver(signal) ? 'no answer in time' : textOf(thrown);
      throw new AdapterError(code, `${this.#name}, ${what}: ${why}`, { cause: thrown });
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #connected(signal: AbortSignal): Promise<Client> {
    if (this.#client?.connectionState === 'online') return Promise.resolve(this.#client);
    this.#connecting ??= this.#connect(signal).finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #connect(signal: AbortSignal): Promise<Client> {
    const { host, port, unitId, timeoutMs } = this.#options;
    const socket = new Socket();
    const client = new jsmodbus.client.TCP(socket, unitId, timeoutMs);
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const connected = once(socket, 'connect', { signal: within });
      socket.connect({ host, port, noDelay: true });
      await connected;
    } catch (cause) {
      socket.destroy();
      const message = `${this.#name} cannot be reached: is it on, and is the address right?`;
      throw new AdapterError('UNREACHABLE', message, { cause });
    }
    // Without a listener an error of the line would end the process; the request under way rejects.
    socket.on('error', () => this.#drop(client));
    this.#client = client;
    this.#count += 1;
    return client;
  }

  #drop(client: Client): void {
    client.socket.destroy();
    if (this.#client === client) this.#client = undefined;
  }
}
