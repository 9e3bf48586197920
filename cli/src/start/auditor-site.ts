import { createAssertionSigner } from '@roamgrid/service-kit';
import { UTILITIES } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { startSite, type Site } from './site.ts';

const TIMEOUT_MS = 10_000;

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
          response.status(404).json({ detail: `no gateway of ${request.params.utilityId} is known` });
          return;
        }
        const path = request.params.path.map(encodeURIComponent).join('/');
        const search = new URL(request.originalUrl, door.origin).search;
        const answer = await fetch(`${door.origin}/auditor/v1/${path}${search}`, {
          headers: { authorization: `Bearer ${await door.sign(door.origin)}` },
          signal: AbortSignal.timeout(TIMEOUT_MS),
          redirect: 'error',
        });
        response
          .status(answer.status)
          .type(answer.headers.get('content-type') ?? 'application/json')
          .set('cache-control', 'no-store')
          .send(Buffer.from(await answer.arrayBuffer()));
      });
    },
  });
}
