import { randomBytes, timingSafeEqual } from 'node:crypto';
import { kitError } from '@roamgrid/service-kit';
import { PROBLEM_MEDIA_TYPE, siteBeside, type SiteBeside } from '@roamgrid/wire';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { startSite } from './site.ts';

/** What the controller answers, as it stands. */
export interface ControllerAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface SiteDeskOptions {
  /** Folder with the built page. */
  readonly folder: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly siteId: string;
  /** Asks the controller that runs the site as its operator. */
  readonly ask: (method: 'GET' | 'PUT', path: string, body?: unknown) => Promise<ControllerAnswer>;
  /** Looks at what stands beside it; nothing is shown of that when left out. */
  readonly beside?: () => Promise<SiteBeside>;
}

export interface SiteDesk {
  /** Opens the page for whoever has it: it holds the key, which is in no log as browsers send no fragment. */
  readonly link: string;
  readonly url: string;
  readonly key: string;
  close(): Promise<void>;
}

const KEY_BYTES = 32;
const BODY_LIMIT = '64kb';
const LEAST_ERROR = 400;

/**
 * Serve the page of a site, live, with its settings, on loopback. The operator's key stays here: the page proves itself by a key of this
 * run that only the link has, so that no other page and no other account of the machine changes a limit. What it may ask is the site's
 * view and its changes; what the controller answers is passed on, its refusals too.
 */
export async function startSiteDesk({
  folder,
  port,
  siteId,
  ask,
  beside = () => Promise.resolve({}),
}: SiteDeskOptions): Promise<SiteDesk> {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const expected = Buffer.from(`Bearer ${key}`);
  const check = ({ headers }: Request): void => {
    const given = Buffer.from(headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw kitError('UNAUTHENTICATED', 'open the page by its own link: it holds the key');
  };
  const passOn = async (response: Response, asked: Promise<ControllerAnswer>): Promise<void> => {
    const { status, body } = await asked.catch((cause: unknown) => {
      throw kitError('UNAVAILABLE', 'the controller does not answer', { cause });
    });
    response
      .status(status)
      .set('cache-control', 'no-store')
      .type(status < LEAST_ERROR ? 'json' : PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(body));
  };
  const root = `/operator/v1/sites/${siteId}`;
  const site = await startSite({
    folder,
    port,
    routes: (app) => {
      app.get('/site/v1/state', async (request, response) => {
        check(request);
        await passOn(response, ask('GET', root));
      });
      app.get('/site/v1/beside', async (request, response) => {
        check(request);
        const there = z.encode(siteBeside, await beside());
        response.set('cache-control', 'no-store').json(there);
      });
      app.put(
        '/site/v1/changes/:changeId',
        express.json({ limit: BODY_LIMIT }),
        async (request, response) => {
          check(request);
          const changeId = encodeURIComponent(request.params['changeId']);
          await passOn(response, ask('PUT', `${root}/changes/${changeId}`, request.body));
        },
      );
    },
  });
  return { url: site.url, key, link: `${site.url}/#key=${key}`, close: () => site.close() };
}
