import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  READER_LIMITS,
  READER_VERSION,
  readerMessage,
  type ReaderAnswer,
  type ReaderRefusalCode,
} from '@roamgrid/wire';
import { z } from 'zod';
import { OutletBusy, type Outlet } from '../agent/outlet.ts';

/** Spec: sockaddr_un of Linux; macOS has four bytes less. */
const LONGEST_PATH = 103;
const SECOND_MS = 1_000;

export interface ReaderSocketConfig {
  readonly outlet: Outlet;
  /** In a folder that only the station's user may enter. */
  readonly path: string;
}

const refusal = (code: ReaderRefusalCode, message: string): ReaderAnswer => ({
  v: READER_VERSION,
  ok: false,
  code,
  message,
});

/** Whether somebody answers at a socket; a station that died leaves its file. */
const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const anyVersion = z.object({ v: z.unknown() });

/** What a line of a reader comes to at the outlet. */
async function heed(outlet: Outlet, line: string): Promise<ReaderAnswer> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return refusal('NOT_JSON', 'the line is not JSON: send one object a line');
  }
  const version = anyVersion.safeParse(json);
  if (version.success && version.data.v !== READER_VERSION)
    return refusal(
      'VERSION_UNSUPPORTED',
      `this station speaks version ${READER_VERSION}: say "v":${READER_VERSION}`,
    );
  const message = readerMessage.safeParse(json);
  if (!message.success) return refusal('MESSAGE_INVALID', z.prettifyError(message.error).slice(0, 200));
  try {
    const { screen } = await outlet.readerSays(message.data);
    return { v: READER_VERSION, ok: true, screen };
  } catch (error) {
    if (!(error instanceof OutletBusy)) throw error;
    return refusal('OUTLET_BUSY', `${error.message}: wait until the screen is free`);
  }
}

/** One reader's connection: bounded lines at a bounded pace, answered one after the other. */
class Connection {
  readonly #socket: Socket;
  readonly #outlet: Outlet;
  #rest = Buffer.alloc(0);
  #work: Promise<void> = Promise.resolve();
  #sinceMs = 0;
  #lines = 0;

  constructor(socket: Socket, outlet: Outlet) {
    this.#socket = socket;
    this.#outlet = outlet;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf('\n'); end !== -1; end = this.#rest.indexOf('\n')) {
      if (end + 1 > READER_LIMITS.lineBytes) break;
      const line = this.#rest.subarray(0, end).toString('utf8');
      this.#rest = this.#rest.subarray(end + 1);
      if (!this.#isInPace()) {
        this.#end('TOO_FAST', `more than ${READER_LIMITS.linesPerSecond} lines in a second`);
        return;
      }
      this.#work = this.#work.then(() => this.#answer(line));
    }
    if (this.#rest.length >= READER_LIMITS.lineBytes)
      this.#end('LINE_TOO_LONG', `a line has at most ${READER_LIMITS.lineBytes} bytes`);
  }

  async #answer(line: string): Promise<void> {
    try {
      this.#say(await heed(this.#outlet, line));
    } catch {
      // What nobody foresaw ends this connection, not the station.
      this.#socket.destroy();
    }
  }

  #isInPace(): boolean {
    const nowMs = Date.now();
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += 1;
    return this.#lines <= READER_LIMITS.linesPerSecond;
  }

  #say(answer: ReaderAnswer): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(answer)}\n`);
  }

  #end(code: ReaderRefusalCode, message: string): void {
    this.#rest = Buffer.alloc(0);
    this.#socket.removeAllListeners('data');
    this.#socket.end(`${JSON.stringify(refusal(code, message))}\n`);
  }
}

/**
 * Serves an outlet's card reader on a Unix socket: who may open it is the folder's owner and nobody else.
 * @throws READER_PATH when the path is too long for a socket, READER_SOCKET_TAKEN when another station serves it
 */
export async function serveReader({ outlet, path }: ReaderSocketConfig): Promise<{ close(): Promise<void> }> {
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new Error(
      `READER_PATH: ${path} is longer than ${LONGEST_PATH} bytes: choose a shorter state folder`,
    );
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (existsSync(path)) {
    if (await isServed(path))
      throw new Error(`READER_SOCKET_TAKEN: another station serves ${path}: end it first`);
    rmSync(path);
  }
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (open.size >= READER_LIMITS.connections) {
      const full = refusal('TOO_MANY_READERS', `${READER_LIMITS.connections} readers are connected already`);
      socket.end(`${JSON.stringify(full)}\n`);
      return;
    }
    open.add(socket);
    outlet.readerConnected(open.size > 0);
    socket.on('close', () => {
      open.delete(socket);
      outlet.readerConnected(open.size > 0);
    });
    new Connection(socket, outlet);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
