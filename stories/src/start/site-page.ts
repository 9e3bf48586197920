import { createAssertionSigner } from '@roamgrid/service-kit';
import { DUKE_ENERGY } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { startSiteDesk, type SiteDesk } from './site-desk.ts';
import { OPERATOR, SITE_ID, startSite, type RunningSite } from './site-running.ts';

const TIMEOUT_MS = 10_000;

export interface SitePage extends SiteDesk {
  /** Begins the site where nobody has opened the page yet. */
  begin(): Promise<Omit<RunningSite, 'close'>>;
}

/**
 * Serves the page of a simulated site of Duke Energy. Its controller, servers and devices begin when the page is first opened, so that who
 * never looks at it pays nothing for them.
 */
export async function startSitePage(system: LocalSystem, folder: string): Promise<SitePage> {
  const { utilityId } = DUKE_ENERGY;
  const key = system.keys.key(`${utilityId}-${OPERATOR}`);
  const sign = createAssertionSigner({ key, iss: OPERATOR, utility: utilityId, role: 'operator' });
  let begun: Promise<RunningSite> | undefined;
  /** One that could not begin is tried anew when it is asked for again. */
  const running = async (): Promise<RunningSite> => {
    begun ??= startSite(system);
    try {
      return await begun;
    } catch (error) {
      begun = undefined;
      throw error;
    }
  };
  const desk = await startSiteDesk({
    ...{ folder, port: 0, siteId: SITE_ID },
    ask: async (method, path, body) => {
      const { url } = await running();
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${await sign(url)}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: answer.status, body: await answer.json() };
    },
    beside: async () => (await running()).beside(),
  });
  return {
    ...desk,
    begin: running,
    close: async () => {
      await desk.close();
      await (await begun?.catch(() => undefined))?.close();
    },
  };
}
