import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Home utilities that misbehave, each behind a real socket. */
export interface Peer {
  readonly url: string;
  /** Requests whose first bytes arrived. */
  readonly requests: () => number;
  close(): Promise<void>;
}

const listen = async (server: Server): Promise<Peer> => {
  let requests = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('data', () => (requests += 1));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
};

/** An address where nothing listens: connections are refused. */
export const deadPeer = async (): Promise<string> => {
  const peer = await listen(createServer());
  await peer.close();
  return peer.url;
};

/** Accepts connections and never says a word. */
export const silentPeer = (): Promise<Peer> => listen(createServer(() => undefined));

/** Answers every request with these bytes. */
export const babblingPeer = (bytes: string): Promise<Peer> =>
  listen(
    createServer((socket) => {
      socket.once('data', () => socket.end(bytes));
    }),
  );
