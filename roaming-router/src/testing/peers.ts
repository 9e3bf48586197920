import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

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

/** Stands before a home utility, and can lose its answers. */
export interface Relay extends Peer {
  /** Cuts the connection when home begins to answer the next requests whose first line matches: home has heard them. */
  cutAnswers(firstLine: RegExp, times: number): void;
  /** Answers that were lost. */
  readonly cuts: () => number;
}

export const startRelay = async (port: number): Promise<Relay> => {
  let wanted = /^$/;
  let left = 0;
  let cuts = 0;
  const server = createServer((socket) => {
    const home = connect(port, '127.0.0.1');
    let cut = false;
    socket.on('data', (chunk) => {
      if (left > 0 && wanted.test(chunk.toString('latin1').split('\r\n', 1)[0] ?? '')) {
        left -= 1;
        cut = true;
      }
      home.write(chunk);
    });
    home.on('data', (chunk) => {
      if (!cut) socket.write(chunk);
      else {
        cuts += 1;
        socket.destroy();
      }
    });
    home.on('error', () => socket.destroy());
    home.on('close', () => socket.destroy());
    socket.on('close', () => home.destroy());
  });
  const peer = await listen(server);
  return {
    ...peer,
    cuts: () => cuts,
    cutAnswers(firstLine, times) {
      wanted = firstLine;
      left = times;
    },
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
