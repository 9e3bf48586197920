import { createAssertionSigner, kitError } from '@roamgrid/service-kit';
import { UTILITIES } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { startSite, type Site } from './site.ts';

const TIMEOUT_MS = 10_000;

/** @throws ServiceError UNAVAILABLE when the gateway gives no answer. */
async function relay(url: string, token: string): Promise<{ status: number; type: string; body: Buffer }> {
  try {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? 'application/json',
      body: Buffer.from(await answer.arrayBuffer()),
    };
  } catch (cause) {
    throw kitError('UNAVAILABLE', 'the utility’s gateway does not answer', { cause });
  }
}

/**
 * Serve the auditor page and the relay behind it. The relay signs each question with the auditor's key and passes it on to
 * one utility's auditor API, reading only; the page never holds a key.
 */
export async function startAuditorSite(system: LocalSystem, folder: string, port: number): Promise<Site> {
  const sources = UTILITIES.map(({ utilityId, name }) => ({ utilityId, name }));
  const key = system.keys.key('auditor');
  const doors = new Map(
    sources.map(({ utilityId }) => [
      utilityId,
      {
        origin: new URL(system.utility(utilityId).gateway.url).origin,
        sign: createAssertionSigner({ key, iss: 'auditor', utility: utilityId, role: 'auditor' }),
      },
    ]),
  );
  return startSite({
    folder,
    port,
    routes: (app) => {
      app.get('/config.json', (_request, response) => void response.json({ sources }));
      app.get('/relay/:utilityId/auditor/v1/*path', async (request, response) => {
        const door = doors.get(request.params.utilityId);
        if (door === undefined) {
          throw kitError('ROUTE_NOT_FOUND', `no gateway of ${request.params.utilityId} is known`);
        }
        // Either would lead out of the auditor API, however it was escaped.
        if (request.params.path.some((part) => part === '.' || part === '..')) {
          throw kitError('ROUTE_NOT_FOUND', 'only the auditor API is relayed');
        }
        const path = request.params.path.map(encodeURIComponent).join('/');
        const [, search = ''] = request.originalUrl.split('?', 2);
        const relayed = await relay(
          `${door.origin}/auditor/v1/${path}?${search}`,
          await door.sign(door.origin),
        );
        response
          .status(relayed.status)
          .type(relayed.type)
          .set('cache-control', 'no-store')
          .send(relayed.body);
      });
    },
  });
}
