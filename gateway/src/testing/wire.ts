import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Wire {
  readonly address: string;
  cut(): void;
  mend(): void;
  close(): void;
}

/** A wire between a client and a server that a test can cut and mend. */
export const startWire = async (target: string): Promise<Wire> => {
  const [host = 'localhost', port = '0'] = target.split(':');
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const peer = connect(Number(port), host);
    for (const socket of [client, peer]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        peer.destroy();
      });
    }
    client.pipe(peer);
    peer.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
