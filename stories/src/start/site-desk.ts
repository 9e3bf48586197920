import { randomBytes, timingSafeEqual } from 'node:crypto';
import { kitError } from '@roamgrid/service-kit';
import { recordId, siteChange, siteChanged, siteView } from '@roamgrid/wire';
import express, { type Request } from 'express';
import { AskFailed, type Ask } from '../system/ask.ts';
import { startSite } from './site.ts';

export interface SiteDeskOptions {
  /** Folder with the built page. */
  readonly folder: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** The energy controller that runs the site. */
  readonly controllerUrl: () => Promise<string>;
  readonly siteId: string;
  /** Asks the controller as its operator. */
  readonly ask: Ask;
}

export interface SiteDesk {
  /** Opens the page for whoever has it: it holds the key, which is in no log as browsers send no fragment. */
  readonly link: string;
  readonly url: string;
  close(): Promise<void>;
}

const KEY_BYTES = 32;
const BODY_LIMIT = '64kb';

/**
 * Serve the page of a site, live, with its settings, on loopback. The operator's key stays here: the page proves itself by a key of this
 * run that only the link has, so that no other page and no other account of the machine changes a limit.
 */
export async function startSiteDesk(options: SiteDeskOptions): Promise<SiteDesk> {
  const { folder, port, controllerUrl, siteId, ask } = options;
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const expected = Buffer.from(`Bearer ${key}`);
  const check = ({ headers }: Request): void => {
    const given = Buffer.from(headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw kitError('UNAUTHENTICATED', 'open the page by its own link: it holds the key');
  };
  /** What the controller refuses is told in its own words. */
  const passedOn = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await asked;
    } catch (cause) {
      if (cause instanceof AskFailed) throw kitError('UNAVAILABLE', cause.message, { cause });
      throw cause;
    }
  };
  const root = async (): Promise<string> => `${await controllerUrl()}/operator/v1/sites/${siteId}`;
  const site = await startSite({
    folder,
    port,
    routes: (app) => {
      app.get('/site/v1/state', async (request, response) => {
        check(request);
        const view = await passedOn(ask('GET', await root(), undefined, siteView));
        response.set('cache-control', 'no-store').json(siteView.encode(view));
      });
      app.put(
        '/site/v1/changes/:changeId',
        express.json({ limit: BODY_LIMIT }),
        async (request, response) => {
          check(request);
          const changeId = recordId.safeParse(request.params['changeId']);
          const change = siteChange.safeParse(request.body);
          if (!changeId.success || !change.success)
            throw kitError('INVALID_REQUEST', 'this is no change of a site');
          const told = siteChange.encode(change.data);
          const path = `${await root()}/changes/${changeId.data}`;
          response.json(siteChanged.encode(await passedOn(ask('PUT', path, told, siteChanged))));
        },
      );
    },
  });
  return { url: site.url, link: `${site.url}/#key=${key}`, close: () => site.close() };
}
