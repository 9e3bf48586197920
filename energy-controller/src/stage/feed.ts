import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import { Plant } from '../adapters/http/simulator/plant.ts';
import { servePlant } from '../adapters/http/simulator/plant-server.ts';
import type { CloudConfig } from '../cloud/config.ts';
import { startEnergyController, type EnergyController } from '../start.ts';
import { claimOf, freshKey, gridOf, publicKeyOf, SECRET } from './stage.ts';

/** What the feed carries: 240 V and 60 A. */
export const FEED_W = 14_400n;
const SITES = ['s1', 's2', 's3', 's4'] as const;
const LOOK_EVERY_MS = 10;
/** Longer than anything takes on a busy machine. */
const CALL_MS = 2_000;

/** Four sites of one utility on one feed, shared by weights of 2:1:1:1, served and run; the cloud over them is its user's to start. */
export interface FeedStage {
  readonly controller: EnergyController;
  readonly operatorKey: PrivateJwk;
  /** Of the cloud, at the address that the sites know. */
  readonly cloudConfig: CloudConfig;
  readonly cloudUrl: string;
  /** The most that all sites took together so far, looked at all the time, W. */
  highestW(): bigint;
  /** What each site takes now, W. */
  takenW(): readonly bigint[];
  /** Whether each takes this much now; what others take does not matter. */
  isTaken(...expectedW: readonly bigint[]): boolean;
  /** What a car there asks for from now on; none with 0. @param at of the four, from 0 */
  wants(at: number, watts: bigint): void;
  close(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Starts the sites, by the clock on the wall. */
export const startFeedStage = async (folder: string): Promise<FeedStage> => {
  const keys = { operator: freshKey('operator-1'), sites: freshKey('sites-1') };
  const operator = { iss: 'operator', role: 'operator', key: publicKeyOf(keys.operator) } as const;
  const database = { stateDir: folder, name: 'usduk' };
  const port = await freePort();
  const cloudUrl = `http://localhost:${port}`;
  const plants = SITES.map((siteId) => {
    const plant = new Plant(Date.now);
    plant.addSource({ source: gridOf(1_000_000n), isTold: false });
    plant.addLoad({ loadId: siteId, aloneW: 0n, claims: [] });
    return { siteId, plant };
  });
  const servers = await Promise.all(plants.map(({ plant }) => servePlant(plant, SECRET)));
  const controller = await startEnergyController({
    ...{ utilityId: 'USDUK', database, trusted: [operator], key: keys.sites, logLevel: 'silent' },
    sites: SITES.map((siteId, at) => {
      const adapterOf = (path: string) =>
        ({ kind: 'http', url: `${servers[at]?.url ?? ''}/${path}`, secret: SECRET }) as const;
      return {
        ...{ siteId, tickMs: 100, grantMs: 2_000, slackMs: 100, readMs: CALL_MS, tellMs: CALL_MS },
        nodes: [
          { nodeId: 'site', kind: 'connection' },
          { nodeId: 'outlet', kind: 'outlet', parentId: 'site' },
        ],
        sources: [{ sourceId: 'grid', nodeId: 'site', adapter: adapterOf('sources/grid') }],
        loads: [{ loadId: siteId, nodeId: 'outlet', adapter: adapterOf(`loads/${siteId}`) }],
        cloud: { url: cloudUrl, poolId: 'feed', staticW: '3600', reportMs: 200, timeoutMs: 1_000 },
      };
    }),
  });
  const takenW = (): readonly bigint[] => plants.map(({ siteId, plant }) => plant.takesW(siteId));
  let highestW = 0n;
  const watching = setInterval(() => {
    const sumW = takenW().reduce((sum, watts) => sum + watts, 0n);
    if (sumW > highestW) highestW = sumW;
  }, LOOK_EVERY_MS);
  return {
    ...{ controller, operatorKey: keys.operator, cloudUrl, takenW },
    cloudConfig: {
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
    },
    highestW: () => highestW,
    isTaken(...expectedW) {
      const taken = takenW();
      return expectedW.every((watts, at) => taken[at] === watts);
    },
    wants(at, watts) {
      const { siteId, plant } = plants[at] ?? {};
      const load = plant?.loads.get(siteId ?? '');
      if (load === undefined) throw new RangeError(`there is no site ${at} on the feed`);
      load.claims = watts === 0n ? [] : [claimOf(`car-${siteId}`, 'outlet', watts)];
    },
    async close() {
      clearInterval(watching);
      await controller.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
};
