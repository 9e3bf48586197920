import { connect, type Socket } from 'node:net';
import {
  DEVICE_LINE_VERSION,
  deviceAnswer,
  deviceReadings,
  type DeviceAnswer,
  type DeviceKind,
  type DeviceOrder,
  type DeviceReading,
} from '@roamgrid/wire';
import { readLines } from './lines.ts';

export type DeviceFaultCode = 'UNREACHABLE' | 'REFUSED' | 'MALFORMED';

/** Why a device could not be told or read. */
export class DeviceFault extends Error {
  override readonly name = 'DeviceFault';

  readonly code: DeviceFaultCode;

  constructor(code: DeviceFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface Exchange<Kind extends DeviceKind> {
  /** Nothing: only reads. */
  readonly order: DeviceOrder<Kind> | null;
  readonly atMs: number;
  readonly leaseMs: number;
}

/** The way to one device. */
export interface Link<Kind extends DeviceKind> {
  /** @throws DeviceFault */
  exchange(exchange: Exchange<Kind>): Promise<DeviceReading<Kind>>;
  close(): void;
}

export interface SocketLinkOptions<Kind extends DeviceKind> {
  readonly kind: Kind;
  readonly path: string;
  /** The longest that an answer may take, ms. */
  readonly timeoutMs: number;
  /** The device says by itself that something changed. */
  readonly onChanged?: () => void;
}

interface Waiting {
  resolve(answer: DeviceAnswer): void;
  reject(fault: DeviceFault): void;
}

/** A device behind a local socket; connects when it is needed, anew after a failure. */
export class SocketLink<Kind extends DeviceKind> implements Link<Kind> {
  readonly #options: SocketLinkOptions<Kind>;
  #socket: Socket | undefined;
  #waiting: Waiting[] = [];

  constructor(options: SocketLinkOptions<Kind>) {
    this.#options = options;
  }

  async exchange({ order, atMs, leaseMs }: Exchange<Kind>): Promise<DeviceReading<Kind>> {
    const message = { v: DEVICE_LINE_VERSION, type: 'exchange', atMs: Math.floor(atMs), leaseMs, order };
    const answer = await this.#ask(`${JSON.stringify(message)}\n`);
    if (answer.type !== 'reading')
      throw new DeviceFault(
        'REFUSED',
        answer.type === 'refused' ? `${answer.code}: ${answer.message}` : 'no answer',
      );
    const reading = deviceReadings[this.#options.kind].safeParse(answer.reading);
    if (!reading.success) throw new DeviceFault('MALFORMED', 'the reading is none of such a device');
    return reading.data as DeviceReading<Kind>;
  }

  close(): void {
    this.#fail(new DeviceFault('UNREACHABLE', 'the link was closed'));
  }

  #ask(line: string): Promise<DeviceAnswer> {
    const socket = (this.#socket ??= this.#open());
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => this.#fail(new DeviceFault('UNREACHABLE', `no answer within ${this.#options.timeoutMs} ms`)),
        this.#options.timeoutMs,
      );
      this.#waiting.push({
        resolve: (answer) => {
          clearTimeout(late);
          resolve(answer);
        },
        reject: (fault) => {
          clearTimeout(late);
          reject(fault);
        },
      });
      socket.write(line);
    });
  }

  #open(): Socket {
    const socket = connect(this.#options.path);
    const ended = (cause?: Error) => {
      if (this.#socket !== socket) return;
      this.#fail(new DeviceFault('UNREACHABLE', 'the device does not answer at its socket', { cause }));
    };
    socket.on('error', ended);
    socket.on('close', () => ended());
    readLines(socket, { line: (line) => this.#hear(line), tooLong: () => ended() });
    return socket;
  }

  #hear(line: string): void {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      json = undefined;
    }
    const answer = deviceAnswer.safeParse(json);
    if (!answer.success) this.#fail(new DeviceFault('MALFORMED', 'the device speaks no language of ours'));
    else if (answer.data.type === 'changed') this.#options.onChanged?.();
    else this.#waiting.shift()?.resolve(answer.data);
  }

  /** Answers are matched by their order: after one that is missing the connection is of no use. */
  #fail(fault: DeviceFault): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(fault);
  }
}
