import { createLogger, createService, withKitProblems, type Logger } from '@roamgrid/service-kit';
import { PROBLEM_MEDIA_TYPE, kioskState, type KioskInfo, type Problem } from '@roamgrid/wire';
import express, { type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Outlet } from '../agent/outlet.ts';
import { kioskProblems, kioskRoutes } from './routes.ts';

export interface KioskServerConfig {
  readonly outlet: Outlet;
  readonly info: KioskInfo;
  /** Folder with the built kiosk page. */
  readonly pageFolder: string;
  /** 0 picks a free port. The kiosk listens on loopback only: the screen is part of the station. */
  readonly port: number;
  /** For faults that nobody foresaw; standard error when absent. */
  readonly logger?: Logger;
}

const HOST = '127.0.0.1';
const KEEP_ALIVE_MS = 15_000;

const foreign: Problem = {
  type: 'about:blank',
  title: 'Another page drives no outlet',
  status: 403,
  code: 'FOREIGN_ORIGIN',
  detail: 'only the kiosk page may do this',
};

/**
 * Another web page in the kiosk's browser must not drive the outlet: state changes come from the kiosk's own origin, under
 * the kiosk's own name. A foreign name that leads to this machine (DNS rebinding) would count as the same origin.
 */
const ownPageOnly =
  (port: () => string) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const { host, origin, 'sec-fetch-site': site } = request.headers;
    const ownHost = host === `${HOST}:${port()}` || host === `localhost:${port()}`;
    const ownPage = site === undefined ? origin === `http://${host ?? ''}` : site === 'same-origin';
    if (ownHost && (request.method === 'GET' || ownPage)) {
      next();
      return;
    }
    response.status(403).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(foreign));
  };

/** Each change of the outlet for a page that listens, beginning with the present state. */
const tellEvents =
  (outlet: Outlet) =>
  (request: Request, response: Response): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const send = (state: Outlet['state']) =>
      response.write(`data: ${JSON.stringify(z.encode(kioskState, state))}\n\n`);
    send(outlet.state);
    const unsubscribe = outlet.subscribe(send);
    const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
    request.on('close', () => {
      clearInterval(keepAlive);
      unsubscribe();
    });
  };

/** Serve the kiosk page and its API for one outlet. */
export async function startKiosk({
  outlet,
  info,
  pageFolder,
  port,
  logger = createLogger('kiosk', { level: 'error' }),
}: KioskServerConfig): Promise<{ url: string; close(): Promise<void> }> {
  const service = createService({
    name: 'kiosk',
    version: '0.1.0',
    logger,
    problems: withKitProblems(kioskProblems),
    // One page on loopback asks, and a driver waits for it.
    rateLimit: 'off',
    helmet: {
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
    },
  });
  service.app.use(ownPageOnly(() => new URL(service.url ?? '').port));
  service.addRoutes(kioskRoutes(outlet, info));
  service.app.get('/kiosk/v1/events', tellEvents(outlet));
  service.app.use(express.static(pageFolder, { index: 'index.html' }));
  const url = await service.listen({ port, host: HOST, publicHost: HOST });
  return { url, close: () => service.close(0) };
}
