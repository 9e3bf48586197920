import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Fronts } from './fronts.ts';

describe('what stands between two parts', () => {
  const fronts = new Fronts();
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  let port = 0;
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = await fronts.port('echo', (server.address() as AddressInfo).port);
  });
  after(() => {
    fronts.close();
    server.close();
  });

  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const closed = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      socket.once('close', () => {
        resolve('closed');
      });
      if (socket.closed) resolve('closed');
    });
  const echo = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      });
      socket.write('there?');
    });

  it('passes on what is said, until it is cut, and again when it is mended', async () => {
    const early = await open();
    assert.equal(await echo(early), 'there?');
    fronts.cut('echo');
    assert.equal(await closed(early), 'closed');
    assert.equal(await closed(connect(port, '127.0.0.1').on('error', () => undefined)), 'closed');
    fronts.mend('echo');
    const late = await open();
    assert.equal(await echo(late), 'there?');
    late.destroy();
  });

  it('cuts nothing that does not exist', () => {
    assert.throws(() => fronts.cut('nobody'), /no connection leads to nobody/);
  });
});
