import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EXIT_CODES } from '../exit-codes.ts';
import { parsed } from '../testing/parsed.ts';
import { stationCommand } from './command.ts';

describe('roamgrid station simulate-ocpp', () => {
  /** Its exit status and what it said on standard error. */
  const run = (...args: string[]) => parsed(stationCommand(), ['simulate-ocpp', ...args]);

  it('says when no door is there', async () => {
    const { exit, said } = await run('--url', 'ws://127.0.0.1:1/ocpp', '--id', 'S-1');
    assert.equal(exit, EXIT_CODES.fault);
    assert.match(said, /^DOOR_REFUSED: ws:\/\/127\.0\.0\.1:1\/ocpp does not take S-1: /);
  });

  it('says what to do where nobody told it which station it is', async () => {
    const { exit, said } = await run('--state-dir', import.meta.dirname);
    assert.equal(exit, EXIT_CODES.fault);
    assert.match(
      said,
      /^NOT_STARTED: no npm start left a station in .*station: start it first, or give --url/,
    );
    assert.match((await run('--id', 'S-1')).said, /^OPTION_MISSING: --url and --id belong together/);
  });

  it('asks at its own address, in its own version, and says that it was refused', async () => {
    let heard = '';
    const door = createServer((socket) => {
      socket.once('data', (data) => {
        heard = data.toString();
        socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    const at = ['--url', `ws://127.0.0.1:${port}/ocpp`, '--id', 'S-1', '--protocol', 'ocpp1.6'];
    const { exit, said } = await run(...at);
    door.close();
    assert.equal(exit, EXIT_CODES.fault);
    assert.match(said, /DOOR_REFUSED/);
    assert.match(heard, /^GET \/ocpp\/S-1 HTTP/);
    assert.match(heard, /sec-websocket-protocol: ocpp1\.6/i);
  });
});
