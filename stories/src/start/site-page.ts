import { startEnergyController } from '@roamgrid/energy-controller';
import { startPlant } from '@roamgrid/energy-controller/adapters';
import { createAssertionSigner } from '@roamgrid/service-kit';
import { DUKE_ENERGY } from '../system/consortium.ts';
import { publicHalf } from '../system/key-ring.ts';
import type { LocalSystem } from '../system/system.ts';
import { startSiteDesk, type SiteDesk } from './site-desk.ts';

const SITE_ID = 'DUK-SITE-1';
const OPERATOR = 'operator';
const TIMEOUT_MS = 10_000;

/** A station of two outlets that shares its power with a cabinet of servers; in the middle of the day, all of it simulated. */
const SOURCES = [
  { sourceId: 'grid', kind: 'grid', availableW: '100000', isTold: false },
  { sourceId: 'sun', kind: 'renewable', availableW: '40000', isTold: false },
  { sourceId: 'battery', kind: 'ess', availableW: '30000', isTold: true },
] as const;
const STORE = { storedWh: '60000', capacityWh: '100000', floorWh: '10000' };
const LOADS = [
  { loadId: 'outlet-1', nodeId: 'outlet-1', kind: 'charge', maxW: '120000', mode: 'fast' },
  { loadId: 'outlet-2', nodeId: 'outlet-2', kind: 'charge', maxW: '22000', mode: 'regular' },
  { loadId: 'servers', nodeId: 'servers', kind: 'compute', maxW: '40000' },
] as const;
const NODES = [
  { nodeId: 'site', kind: 'connection', hard: { totalW: '170000' } },
  { nodeId: 'outlet-1', kind: 'outlet', parentId: 'site', hard: { totalW: '150000' } },
  { nodeId: 'outlet-2', kind: 'outlet', parentId: 'site', hard: { totalW: '22000' } },
  { nodeId: 'servers', kind: 'circuit', parentId: 'site', hard: { totalW: '40000' } },
] as const;

/** The controller, and the simulated devices that it asks with a secret. */
interface Running {
  readonly url: string;
  readonly plant: { readonly url: string; readonly secret: string };
  close(): Promise<void>;
}

export interface SitePage extends SiteDesk {
  /** Begins the site where nobody has opened the page yet. */
  begin(): Promise<Omit<Running, 'close'>>;
}

/** A controller of Duke Energy over a simulated site of its own. */
const startSite = async (system: LocalSystem): Promise<Running> => {
  const { utilityId } = DUKE_ENERGY;
  const secret = system.keys.secret('site-plant');
  const plant = await startPlant({
    secret,
    sources: SOURCES.map(({ sourceId, kind, availableW, isTold }) => ({
      source: {
        sourceId,
        kind,
        nodeId: 'site',
        availableW,
        ...(kind === 'ess' && { store: STORE }),
      },
      isTold,
    })),
    loads: LOADS.map(({ loadId, nodeId, ...asked }) => ({
      loadId,
      claims: [{ claimId: loadId, nodeId, minW: '0', ...asked }],
    })),
  });
  const place = { database: `roamgrid_${utilityId.toLowerCase()}`, schema: 'energy' };
  const deviceOf = (path: string) => ({ kind: 'http' as const, url: `${plant.url}/${path}`, secret });
  try {
    const controller = await startEnergyController({
      utilityId,
      database: {
        url: await system.databaseUrlFor(place),
        stateDir: system.stateDir,
        name: place.database,
      },
      trusted: [
        {
          iss: OPERATOR,
          role: 'operator',
          key: publicHalf(system.keys.key(`${utilityId}-${OPERATOR}`)),
        },
      ],
      logLevel: 'silent',
      sites: [
        {
          siteId: SITE_ID,
          volts: 480,
          nodes: NODES.map((node) => ({ ...node })),
          sources: SOURCES.map(({ sourceId, isTold }) => ({
            ...{ sourceId, nodeId: 'site' },
            adapter: { ...deviceOf(`sources/${sourceId}`), isTold },
          })),
          loads: LOADS.map(({ loadId, nodeId }) => ({
            ...{ loadId, nodeId, aloneW: '0' },
            adapter: deviceOf(`loads/${loadId}`),
          })),
        },
      ],
    });
    return {
      url: controller.url,
      plant: { url: plant.url, secret },
      close: async () => {
        await controller.close();
        await plant.close();
      },
    };
  } catch (error) {
    await plant.close();
    throw error;
  }
};

/** Serves the page of a simulated site of Duke Energy; its controller begins when the page is first opened. */
export async function startSitePage(system: LocalSystem, folder: string): Promise<SitePage> {
  const { utilityId } = DUKE_ENERGY;
  const key = system.keys.key(`${utilityId}-${OPERATOR}`);
  const sign = createAssertionSigner({ key, iss: OPERATOR, utility: utilityId, role: 'operator' });
  let begun: Promise<Running> | undefined;
  /** One that could not begin is tried anew when it is asked for again. */
  const running = async (): Promise<Running> => {
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
