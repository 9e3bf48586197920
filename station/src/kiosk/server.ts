import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  kioskConsent,
  kioskInfo,
  kioskState,
  kioskSwipe,
  PROBLEM_MEDIA_TYPE,
  type KioskInfo,
  type Problem,
} from '@roamgrid/wire';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { z } from 'zod';
import { OutletBusy, type Outlet } from '../agent/outlet.ts';

export interface KioskServerConfig {
  readonly outlet: Outlet;
  readonly info: KioskInfo;
  /** Folder with the built kiosk page. */
  readonly pageFolder: string;
  /** 0 picks a free port. The kiosk listens on loopback only: the screen is part of the station. */
  readonly port: number;
}

const problemOf = (status: number, code: string, detail: string): Problem => ({
  type: 'about:blank',
  title: code,
  status,
  code,
  detail,
});

/**
 * Another web page in the kiosk's browser must not drive the outlet: state changes come from the kiosk's own origin, under
 * the kiosk's own name. A foreign name that leads to this machine (DNS rebinding) would count as the same origin.
 */
const ownPageOnly =
  (port: () => number) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const { host, origin, 'sec-fetch-site': site } = request.headers;
    const ownHost = host === `127.0.0.1:${port()}` || host === `localhost:${port()}`;
    const ownPage = site === undefined ? origin === `http://${host ?? ''}` : site === 'same-origin';
    if (ownHost && (request.method === 'GET' || ownPage)) {
      next();
      return;
    }
    response
      .status(403)
      .type(PROBLEM_MEDIA_TYPE)
      .json(problemOf(403, 'FOREIGN_ORIGIN', 'only the kiosk page may do this'));
  };

/** Serve the kiosk page and its API for one outlet. */
export async function startKiosk({
  outlet,
  info,
  pageFolder,
  port,
}: KioskServerConfig): Promise<{ url: string; close(): Promise<void> }> {
  const app = express();
  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: false,
      // Without a referrer the browser hides the origin, which is what tells our page from another's.
      referrerPolicy: { policy: 'same-origin' },
    }),
  );
  const server: Server = createServer(app);
  const boundPort = () => (server.address() as AddressInfo).port;
  app.use(ownPageOnly(boundPort), express.json({ limit: '16kb' }));

  app.get('/kiosk/v1/info', (_request, response) => void response.json(z.encode(kioskInfo, info)));
  app.get('/kiosk/v1/state', (_request, response) => void response.json(z.encode(kioskState, outlet.state)));
  app.get('/kiosk/v1/events', (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const send = (state: Outlet['state']) =>
      response.write(`data: ${JSON.stringify(z.encode(kioskState, state))}\n\n`);
    send(outlet.state);
    const unsubscribe = outlet.subscribe(send);
    const keepAlive = setInterval(() => response.write(': still here\n\n'), 15_000);
    request.on('close', () => {
      clearInterval(keepAlive);
      unsubscribe();
    });
  });
  app.post('/kiosk/v1/swipes', async (request, response) => {
    const state = await outlet.swipe(z.decode(kioskSwipe, request.body as z.input<typeof kioskSwipe>));
    response.json(z.encode(kioskState, state));
  });
  app.post('/kiosk/v1/consent', async (request, response) => {
    const { quoteHash } = z.decode(kioskConsent, request.body as z.input<typeof kioskConsent>);
    await outlet.consent(quoteHash);
    response.json(z.encode(kioskState, outlet.state));
  });
  for (const step of ['decline', 'stop', 'done'] as const) {
    app.post(`/kiosk/v1/${step}`, (_request, response) => {
      outlet[step]();
      response.json(z.encode(kioskState, outlet.state));
    });
  }
  app.use(express.static(pageFolder, { index: 'index.html' }));
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const told =
      error instanceof OutletBusy
        ? problemOf(409, 'OUTLET_BUSY', error.message)
        : error instanceof z.ZodError
          ? problemOf(400, 'INVALID_REQUEST', z.prettifyError(error))
          : problemOf(500, 'INTERNAL', 'the station had a fault; please call the operator');
    response.status(told.status).type(PROBLEM_MEDIA_TYPE).json(told);
  });

  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    url: `http://127.0.0.1:${boundPort()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
