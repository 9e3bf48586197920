/** TCP ports of the network's nodes, all on the loopback interface. */
import { createServer } from 'node:net';
import { NativeNetworkError } from './errors.ts';

/** Below the ranges from which systems lend ports to outgoing connections. */
export const DEFAULT_BASE_PORT = 17_000;

/** Each node has this many consecutive ports. */
export const PORTS_PER_NODE = 4;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });

/** Throws `PORT_TAKEN` unless every port of `ports` can be bound. */
export async function requireFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (!(await isFree(port)))
      throw new NativeNetworkError(
        'PORT_TAKEN',
        `port ${port} is taken by another program: choose others with --base-port, or end that program`,
      );
  }
}

/** A base from which `count` consecutive ports are free now. For tests, which run beside each other. */
export async function freeBasePort(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const base = 10_000 + Math.floor(Math.random() * 18_000);
    const ports = Array.from({ length: count }, (_, index) => base + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
  throw new NativeNetworkError('PORT_TAKEN', `no ${count} consecutive ports are free`);
}
