import { startEnergyCloud, startEnergyController } from '@roamgrid/energy-controller';
import { startPlant } from '@roamgrid/energy-controller/adapters';
import { poolList, type SiteBeside } from '@roamgrid/wire';
import { DUKE_ENERGY } from '../system/consortium.ts';
import { publicHalf } from '../system/key-ring.ts';
import type { LocalSystem } from '../system/system.ts';
import { startSiteDevices, type SiteDevices } from './site-devices.ts';
import { STANDBY_W, startSiteServers, type SiteServers } from './site-servers.ts';

export const SITE_ID = 'DUK-SITE-1';
export const OPERATOR = 'operator';

/** A station of two outlets in the middle of the day, simulated, that shares its power with a cabinet of servers. */
const SOURCES = [
  { sourceId: 'grid', kind: 'grid', availableW: '100000', isTold: false },
  { sourceId: 'sun', kind: 'renewable', availableW: '40000', isTold: false },
  { sourceId: 'battery', kind: 'ess', availableW: '30000', isTold: true },
] as const;
const STORE = { storedWh: '60000', capacityWh: '100000', floorWh: '10000' };
const LOADS = [
  { loadId: 'outlet-1', nodeId: 'outlet-1', kind: 'charge', maxW: '120000', mode: 'fast' },
  { loadId: 'outlet-2', nodeId: 'outlet-2', kind: 'charge', maxW: '22000', mode: 'regular' },
] as const;
const NODES = [
  { nodeId: 'site', kind: 'connection', hard: { totalW: '170000' } },
  { nodeId: 'outlet-1', kind: 'outlet', parentId: 'site', hard: { totalW: '150000' } },
  { nodeId: 'outlet-2', kind: 'outlet', parentId: 'site', hard: { totalW: '22000' } },
  { nodeId: 'servers', kind: 'circuit', parentId: 'site', hard: { totalW: '40000' } },
] as const;

/** The feed that the site shares with another one, which is silent: its static part is counted for it. */
const FEED = {
  poolId: 'DUK-FEED-1',
  limitW: '240000',
  sites: [
    { siteId: SITE_ID, staticW: '120000' },
    { siteId: 'DUK-SITE-2', staticW: '60000' },
  ],
};

interface Closable {
  close(): Promise<void>;
}

/** A controller of Duke Energy over a simulated site of its own, and what stands beside it. */
export interface RunningSite extends Closable {
  /** Of the controller. */
  readonly url: string;
  /** The simulated devices that the controller asks with a secret. */
  readonly plant: { readonly url: string; readonly secret: string };
  readonly servers: SiteServers;
  readonly devices: SiteDevices;
  readonly cloud: { readonly url: string };
  /** What servers and devices do and what the cloud knows, as far as each answers. */
  beside(): Promise<SiteBeside>;
}

const startLoads = (secret: string) =>
  startPlant({
    secret,
    sources: SOURCES.map(({ sourceId, kind, availableW, isTold }) => ({
      source: { sourceId, kind, nodeId: 'site', availableW, ...(kind === 'ess' && { store: STORE }) },
      isTold,
    })),
    loads: LOADS.map(({ loadId, nodeId, ...asked }) => ({
      loadId,
      claims: [{ claimId: loadId, nodeId, minW: '0', ...asked }],
    })),
  });

const databaseOf = async ({ databaseUrlFor, stateDir }: LocalSystem, schema: string) => {
  const name = `roamgrid_${DUKE_ENERGY.utilityId.toLowerCase()}`;
  return { url: await databaseUrlFor({ database: name, schema }), stateDir, name };
};

/** Starts it, one part after the other; what began is ended where a later part could not. */
export const startSite = async (system: LocalSystem): Promise<RunningSite> => {
  const { keys, stateDir } = system;
  const { utilityId } = DUKE_ENERGY;
  const { operator } = system.utility(utilityId);
  const trusted = [
    { iss: OPERATOR, role: 'operator' as const, key: publicHalf(keys.key(`${utilityId}-${OPERATOR}`)) },
  ];
  const secret = keys.secret('site-plant');
  const key = keys.key('site-controller');
  const open: Closable[] = [];
  const opened = <T extends Closable>(one: T): T => {
    open.push(one);
    return one;
  };
  const close = async (): Promise<void> => {
    for (const each of open.toReversed()) await each.close();
  };
  try {
    const plant = opened(await startLoads(secret));
    const servers = opened(await startSiteServers(stateDir));
    const devices = opened(await startSiteDevices(system, SITE_ID));
    const cloud = opened(
      await startEnergyCloud({
        ...{ utilityId, logLevel: 'silent', pools: [FEED] },
        database: await databaseOf(system, 'energy_cloud'),
        trusted: [...trusted, { iss: SITE_ID, role: 'station', key: publicHalf(key) }],
      }),
    );
    const deviceOf = (path: string) => ({ kind: 'http' as const, url: `${plant.url}/${path}`, secret });
    const { cabinetId, identity } = servers;
    const controller = opened(
      await startEnergyController({
        ...{ utilityId, trusted, key, logLevel: 'silent' },
        database: await databaseOf(system, 'energy'),
        sites: [
          {
            ...{ siteId: SITE_ID, volts: 480 },
            nodes: NODES.map((node) => ({ ...node })),
            sources: SOURCES.map(({ sourceId, isTold }) => ({
              ...{ sourceId, nodeId: 'site' },
              adapter: { ...deviceOf(`sources/${sourceId}`), isTold },
            })),
            loads: [
              ...LOADS.map(({ loadId, nodeId }) => ({
                ...{ loadId, nodeId, aloneW: '0' },
                adapter: deviceOf(`loads/${loadId}`),
              })),
              {
                ...{ loadId: 'servers', nodeId: 'servers', aloneW: STANDBY_W },
                adapter: { kind: 'servers', cabinetId, identity, url: servers.url },
              },
            ],
            cloud: { url: cloud.url, poolId: FEED.poolId, staticW: FEED.sites[0]?.staticW ?? '0' },
          },
        ],
      }),
    );
    const poolOf = async () => {
      const { pools } = await operator('GET', `${cloud.url}/operator/v1/pools`, undefined, poolList);
      return pools[0];
    };
    return {
      ...{ url: controller.url, plant: { url: plant.url, secret }, servers, devices, cloud, close },
      beside: async () => {
        const absent = () => undefined;
        const [there, moved, pool] = await Promise.all([
          servers.look().catch(absent),
          devices.look().catch(absent),
          poolOf().catch(absent),
        ]);
        return {
          ...(there && { servers: { reading: there.reading, jobs: [...there.jobs] } }),
          ...(moved && { devices: [...moved] }),
          ...(pool && { pool }),
        };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};
