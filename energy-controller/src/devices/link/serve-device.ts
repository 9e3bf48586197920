import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  DEVICE_LINE_LIMITS,
  DEVICE_LINE_VERSION,
  deviceExchange,
  deviceOrders,
  type DeviceAnswer,
  type DeviceKind,
  type DeviceOrder,
  type DeviceReading,
  type DeviceRefusalCode,
} from '@roamgrid/wire';
import { z } from 'zod';
import { readLines } from './lines.ts';

/** What a device does by itself: doors, temperatures, motors. Time comes from outside. */
export interface Plant<Kind extends DeviceKind> {
  readonly kind: Kind;
  readonly hasPower: boolean;
  /** Lives until `nowMs`. */
  advance(nowMs: number): void;
  apply(order: DeviceOrder<Kind>): void;
  /** Nobody renewed the last order: falls back to what is safe. */
  lapse(): void;
  read(): DeviceReading<Kind>;
  /** What somebody does to it with hands. @throws Error what cannot be done */
  act(action: unknown): void;
  /** What really happened, for who wants to compare. */
  world(): Readonly<Record<string, unknown>>;
}

/** Whose time the device lives by: its own, or the one that its controller tells. */
export type PlantTime = 'own' | 'told';

export interface ServedDevice {
  readonly plant: Plant<DeviceKind>;
  readonly socket: string;
  /** Where hands reach it: a socket of its own. */
  readonly handSocket: string;
  readonly time: PlantTime;
}

const refused = (code: DeviceRefusalCode, message: string): DeviceAnswer => ({
  v: DEVICE_LINE_VERSION,
  type: 'refused',
  code,
  message,
});

const handMessage = z.strictObject({ atMs: z.number().exactOptional(), act: z.unknown() });

/** Holds the lease of the last order and the time by which the device lives. */
class Watch {
  readonly #plant: Plant<DeviceKind>;
  readonly #time: PlantTime;
  #untilMs: number | null = null;
  #toldMs = 0;

  constructor(plant: Plant<DeviceKind>, time: PlantTime) {
    this.#plant = plant;
    this.#time = time;
  }

  /** To now: an order that ran out meanwhile ended at its own instant, however late anybody looks. */
  live(toldMs?: number): void {
    if (toldMs !== undefined) this.#toldMs = Math.max(this.#toldMs, toldMs);
    const nowMs = this.nowMs;
    if (this.#untilMs !== null && this.#untilMs <= nowMs) {
      this.#plant.advance(this.#untilMs);
      this.#plant.lapse();
      this.#untilMs = null;
    }
    this.#plant.advance(nowMs);
  }

  renew(leaseMs: number): void {
    this.#untilMs = this.nowMs + leaseMs;
  }

  get nowMs(): number {
    return this.#time === 'own' ? performance.timeOrigin + performance.now() : this.#toldMs;
  }
}

const heed = (plant: Plant<DeviceKind>, watch: Watch, line: string): DeviceAnswer => {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return refused('NOT_JSON', 'the line is not JSON: send one object a line');
  }
  const message = deviceExchange.safeParse(json);
  if (!message.success) return refused('MESSAGE_INVALID', z.prettifyError(message.error).slice(0, 200));
  const { atMs, leaseMs, order } = message.data;
  watch.live(atMs);
  if (!plant.hasPower) return refused('POWER_OFF', 'the device has no power');
  if (order !== null) {
    const checked = deviceOrders[plant.kind].safeParse(order);
    if (!checked.success) return refused('ORDER_INVALID', z.prettifyError(checked.error).slice(0, 200));
    plant.apply(checked.data);
    watch.renew(leaseMs);
    watch.live();
  }
  return { v: DEVICE_LINE_VERSION, type: 'reading', reading: plant.read() };
};

const listen = async (path: string, onSocket: (socket: Socket) => void): Promise<Server> => {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  chmodSync(path, 0o600);
  return server;
};

/** Serves a simulated device on a socket of this machine, and on another one for hands. Both are their owner's alone. */
export const serveDevice = async ({
  plant,
  socket: path,
  handSocket,
  time,
}: ServedDevice): Promise<{ close(): Promise<void> }> => {
  const watch = new Watch(plant, time);
  const open = new Set<Socket>();
  const say = (socket: Socket, answer: unknown): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
  };
  const controllers = await listen(path, (socket) => {
    if (open.size >= DEVICE_LINE_LIMITS.connections) {
      socket.end(`${JSON.stringify(refused('TOO_MANY_CONTROLLERS', 'others are connected already'))}\n`);
      return;
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    readLines(socket, {
      line: (line) => say(socket, heed(plant, watch, line)),
      tooLong: () =>
        socket.end(
          `${JSON.stringify(refused('LINE_TOO_LONG', `a line has at most ${DEVICE_LINE_LIMITS.lineBytes} bytes`))}\n`,
        ),
    });
  });
  const handsOpen = new Set<Socket>();
  const hands = await listen(handSocket, (socket) => {
    handsOpen.add(socket);
    socket.on('close', () => handsOpen.delete(socket));
    const act = (line: string): unknown => {
      try {
        const { act, atMs } = handMessage.parse(JSON.parse(line));
        watch.live(atMs);
        if (act !== null) plant.act(act);
        if (act !== null) for (const other of open) say(other, { v: DEVICE_LINE_VERSION, type: 'changed' });
        return { ok: true, world: plant.world() };
      } catch (thrown) {
        return { ok: false, message: thrown instanceof Error ? thrown.message : String(thrown) };
      }
    };
    readLines(socket, { line: (line) => say(socket, act(line)), tooLong: () => socket.destroy() });
  });
  const close = (server: Server, sockets: Set<Socket>) =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    close: async () => {
      await Promise.all([close(controllers, open), close(hands, handsOpen)]);
    },
  };
};
