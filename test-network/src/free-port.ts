import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports that no system gives to connections or to whoever listens at any port: Linux takes those from 32,768 on, others from 49,152 on. So nobody has it by chance
 * until whoever asked listens there, which may be seconds later.
 */
const [FIRST, LAST] = [20_000, 32_767];

/** Each process begins somewhere else, and gives none twice before it has given all. */
let next = randomInt(FIRST, LAST + 1);

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });

/** A TCP port that was free a moment ago, and that nobody is given who does not ask for it by its number. @throws when all are taken */
export async function freePort(): Promise<number> {
  for (let tried = FIRST; tried <= LAST; tried += 1) {
    const port = next;
    next = port === LAST ? FIRST : port + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`every port from ${FIRST} to ${LAST} is taken`);
}
