import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from './free-port.ts';

describe('a free port', () => {
  it('is none that a system gives to connections, none that is taken, and none that was given just before', async () => {
    const first = await freePort();
    const taken = createServer().listen(first + 1, '127.0.0.1');
    await once(taken, 'listening');
    try {
      const given = await Promise.all(Array.from({ length: 20 }, freePort));
      assert.equal(new Set([first, first + 1, ...given]).size, 22);
      assert.ok(given.every((port) => port >= 20_000 && port < 32_768));
    } finally {
      taken.close();
    }
  });
});
