import { RPCClient } from 'ocpp-rpc';
import { validatorOf21, type Subprotocol } from '../edge/rpc.ts';
import type { Message } from './words.ts';

export interface LineOptions {
  /** Where the station connects, without its id. */
  readonly url: string;
  readonly stationId: string;
  readonly protocol: Subprotocol;
  readonly password?: string;
  /** PEM texts: who the station trusts, and what it proves itself by. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  readonly pingMs?: number;
}

interface Client {
  connect(): Promise<unknown>;
  close(how: { readonly code?: number; readonly force?: boolean }): Promise<unknown>;
  call(action: string, payload: object): Promise<unknown>;
  handle(
    answer: (call: { readonly method: string; readonly params: never }) => object | Promise<object>,
  ): void;
  once(event: 'close', hear: (closed: { readonly code: number; readonly reason: string }) => void): unknown;
}

const never = new Promise<object>(() => undefined);

/** The station’s socket: it may break and be made anew. */
export class Line {
  readonly #options: LineOptions;
  readonly #obey: (action: string, payload: never) => object;
  #client: Client | undefined;
  #isMute = false;
  /** How the last one ended. */
  closed: Promise<{ readonly code: number; readonly reason: string }> | undefined;

  constructor(options: LineOptions, obey: (action: string, payload: never) => object) {
    this.#options = options;
    this.#obey = obey;
  }

  isUp(): boolean {
    return this.#client !== undefined;
  }

  /** @throws Error when the other side refuses. */
  async connect(): Promise<void> {
    const { url, stationId, protocol, password, tls, pingMs = 30_000 } = this.#options;
    const Rpc = RPCClient as unknown as new (options: object) => Client;
    const client = new Rpc({
      endpoint: url,
      identity: stationId,
      protocols: [protocol],
      strictMode: true,
      strictModeValidators: [validatorOf21()],
      reconnect: false,
      pingIntervalMs: pingMs,
      ...(password === undefined ? {} : { password }),
      wsOpts: { ...tls },
    });
    client.handle(({ method, params }) => (this.#isMute ? never : this.#obey(method, params)));
    await client.connect();
    this.closed = new Promise((resolve) => {
      client.once('close', (how) => {
        if (this.#client === client) this.#client = undefined;
        resolve(how);
      });
    });
    this.#client = client;
  }

  async send({ action, payload }: Message): Promise<unknown> {
    if (this.#client === undefined) throw new Error('the line is down');
    return this.#client.call(action, payload);
  }

  /** From now on no command is answered, as when a station’s software hangs. */
  mute(): void {
    this.#isMute = true;
  }

  /** Without a goodbye, as when the network fails. */
  async cut(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close({ force: true });
  }
}
