import { createLogger, createService, withKitProblems, type ServiceOptions } from '@roamgrid/service-kit';
import { PROBLEM_MEDIA_TYPE, type Problem } from '@roamgrid/wire';
import express, { type Express } from 'express';

export interface SiteOptions {
  /** Folder with the built page. */
  readonly folder: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Origins beside its own that the page may ask. */
  readonly connectTo?: readonly string[];
  /** What `/readyz` of the page looks at. */
  readonly ready?: ServiceOptions<never>['ready'];
  /** Adds what the page asks of its own server. */
  readonly routes: (app: Express) => void;
}

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

const misdirected: Problem = {
  type: 'about:blank',
  title: 'The page is served under its own name alone',
  status: 421,
  code: 'FOREIGN_HOST',
  detail: 'this name leads here, and nothing is served under it',
};

/** Serve one page on loopback, with a policy that lets it load nothing from elsewhere. */
export async function startSite({ folder, port, connectTo = [], ready, routes }: SiteOptions): Promise<Site> {
  const service = createService({
    name: 'page',
    version: '0.1.0',
    logger: createLogger('page', { level: 'error' }),
    problems: withKitProblems({}),
    // One browser on this machine asks.
    rateLimit: 'off',
    ...(ready === undefined ? {} : { ready }),
    helmet: {
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
    },
  });
  const { app } = service;
  // Another name that leads to this machine (DNS rebinding) would let a foreign page read what is served here.
  app.use((request, response, next) => {
    const { port: bound } = new URL(service.url ?? '');
    const own = [`localhost:${bound}`, `127.0.0.1:${bound}`];
    if (own.includes(request.headers.host ?? '')) next();
    else response.status(421).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(misdirected));
  });
  routes(app);
  app.use(express.static(folder));
  const url = await service.listen({ port });
  return { url, close: () => service.close(0) };
}
