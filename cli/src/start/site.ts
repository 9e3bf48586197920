import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import helmet from 'helmet';

export interface SiteOptions {
  /** Folder with the built page. */
  readonly folder: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Origins beside its own that the page may ask. */
  readonly connectTo?: readonly string[];
  /** Adds what the page asks of its own server. */
  readonly routes: (app: Express) => void;
}

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Serve one page on loopback, with a policy that lets it load nothing from elsewhere. */
export async function startSite({ folder, port, connectTo = [], routes }: SiteOptions): Promise<Site> {
  const app = express();
  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'", ...connectTo],
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: false,
    }),
  );
  const server = createServer(app);
  const boundPort = () => (server.address() as AddressInfo).port;
  // Another name that leads to this machine (DNS rebinding) would let a foreign page read what is served here.
  app.use((request, response, next) => {
    const own = [`localhost:${boundPort()}`, `127.0.0.1:${boundPort()}`];
    if (own.includes(request.headers.host ?? '')) next();
    else response.status(421).end();
  });
  routes(app);
  app.use(express.static(folder));
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    url: `http://localhost:${boundPort()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
