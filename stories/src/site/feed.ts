import { setTimeout as sleep } from 'node:timers/promises';
import { startEnergyCloud, startEnergyController } from '@roamgrid/energy-controller';
import { claimOf, freshKey, gridOf, Plant, publicKeyOf, servePlant } from '@roamgrid/energy-controller/stage';
import { removeDatabase } from '@roamgrid/service-kit';

/** SITE-12: four stations on one feed of 240 V and 60 A, shared by weights of 2:1:1; with the cloud away the local rule keeps the limit. */
export interface FeedSeen {
  /** What each takes under the cloud, alone, and once it is back; watts as decimal strings. */
  readonly shared: readonly string[];
  readonly alone: readonly string[];
  readonly sharedAgain: readonly string[];
  /** Whether all of them together were ever above the feed, looked at every 10 ms. */
  readonly wasAbove: boolean;
}

const FEED_W = 14_400n;
const SITES = ['s1', 's2', 's3', 's4'] as const;
const SECRET = 'a-secret-of-the-plant-of-32-characters';
const PATIENCE_MS = 30_000;
const SHARED = ['7200', '3600', '3600', '0'];
const ALONE = ['3600', '3600', '3600', '3600'];

/** Lives the row through on four served sites and a served cloud, by the clock on the wall. */
export const liveFeed = async (folder: string): Promise<FeedSeen> => {
  const keys = { operator: freshKey('operator-1'), sites: freshKey('sites-1') };
  const operator = { iss: 'operator', role: 'operator', key: publicKeyOf(keys.operator) } as const;
  const database = { stateDir: folder, name: 'usduk' };
  const plants = SITES.map((siteId) => {
    const plant = new Plant(Date.now);
    plant.addSource({ source: gridOf(1_000_000n), isTold: false });
    plant.addLoad({ loadId: siteId, aloneW: 0n, claims: [] });
    return { siteId, plant };
  });
  const startCloud = (port = 0) =>
    startEnergyCloud({
      ...{ utilityId: 'USDUK', listen: { port }, database, logLevel: 'silent' },
      trusted: [
        ...SITES.map((iss) => ({ iss, role: 'station' as const, key: publicKeyOf(keys.sites) })),
        operator,
      ],
      pools: [
        {
          ...{ poolId: 'feed', limitW: FEED_W.toString(), leaseMs: 1_500, slackMs: 200, holdAheadMs: 2_000 },
          sites: SITES.map((siteId) => ({ siteId, staticW: '3600', weight: siteId === 's1' ? 2 : 1 })),
        },
      ],
    });
  const taken = (): readonly string[] => plants.map(({ siteId, plant }) => plant.takesW(siteId).toString());
  /** What they take once it is as expected, or when patience is over. */
  const settled = async (expected: readonly string[]): Promise<readonly string[]> => {
    const endMs = Date.now() + PATIENCE_MS;
    while (taken().join() !== expected.join() && Date.now() < endMs) await sleep(20);
    return taken();
  };
  const wants = (at: number, watts: bigint): void => {
    const { siteId, plant } = plants[at] ?? { siteId: '', plant: undefined };
    const load = plant?.loads.get(siteId);
    if (load !== undefined) load.claims = watts === 0n ? [] : [claimOf(`car-${siteId}`, 'outlet', watts)];
  };

  const servers = await Promise.all(plants.map(({ plant }) => servePlant(plant, SECRET)));
  let cloud = await startCloud();
  const { url } = cloud;
  const controller = await startEnergyController({
    ...{ utilityId: 'USDUK', database, trusted: [operator], key: keys.sites, logLevel: 'silent' },
    sites: SITES.map((siteId, at) => ({
      ...{ siteId, tickMs: 100, grantMs: 2_000, slackMs: 100, readMs: 2_000, tellMs: 2_000 },
      nodes: [
        { nodeId: 'site', kind: 'connection' },
        { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
      ],
      sources: [
        {
          ...{ sourceId: 'grid', nodeId: 'site' },
          adapter: { kind: 'http', url: `${servers[at]?.url ?? ''}/sources/grid`, secret: SECRET },
        },
      ],
      loads: [
        {
          ...{ loadId: siteId, nodeId: 'outlet' },
          adapter: { kind: 'http', url: `${servers[at]?.url ?? ''}/loads/${siteId}`, secret: SECRET },
        },
      ],
      cloud: { url, poolId: 'feed', staticW: '3600', reportMs: 200, timeoutMs: 1_000 },
    })),
  });
  let wasAbove = false;
  const watching = setInterval(() => {
    if (taken().reduce((sum, watts) => sum + BigInt(watts), 0n) > FEED_W) wasAbove = true;
  }, 10);
  try {
    for (const at of [0, 1, 2]) wants(at, FEED_W);
    const shared = await settled(SHARED);
    await cloud.close();
    wants(3, FEED_W);
    const alone = await settled(ALONE);
    wants(3, 0n);
    cloud = await startCloud(Number(new URL(url).port));
    const sharedAgain = await settled(SHARED);
    return { shared, alone, sharedAgain, wasAbove };
  } finally {
    clearInterval(watching);
    await controller.close();
    await cloud.close();
    await Promise.all(servers.map((server) => server.close()));
    await removeDatabase(folder);
  }
};

export const isSite12 = ({ shared, alone, sharedAgain, wasAbove }: FeedSeen): boolean =>
  shared.join() === SHARED.join() &&
  alone.join() === ALONE.join() &&
  sharedAgain.join() === SHARED.join() &&
  !wasAbove;
