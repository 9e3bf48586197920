import {
  createLogger,
  createReplayTable,
  createService,
  openStore,
  reply,
  route,
  seenIdTable,
  sqlMigration,
  withKitProblems,
  ServiceError,
} from '@roamgrid/service-kit';
import { createTrust } from '@roamgrid/service-kit/runtime';
import { InTurn } from '@roamgrid/station-kit';
import { poolLease, poolList, poolReport, recordId } from '@roamgrid/wire';
import { z } from 'zod';
import { cloudConfig, type CloudConfig } from './config.ts';
import { mostAtW } from './leases.ts';
import { answerOf, countedOf, type PoolSite } from './pool.ts';
import { cloudMigrations, keepAnswer, loadSites, type CloudDb } from './store.ts';

const cloudProblems = withKitProblems({
  POOL_UNKNOWN: { status: 404, title: 'This site has no part in such a pool' },
  REPORT_OLD: {
    status: 409,
    title: 'A newer report of this site was heard',
    remedy: 'Send a report with a later time.',
  },
});

/** A running cloud. */
export interface EnergyCloud {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the cloud over sites that share feeds.
 * @throws ZodError when the configuration is wrong; Error when the database or a port cannot be had.
 */
export const startEnergyCloud = async (
  config: CloudConfig,
  { nowMs = Date.now }: { readonly nowMs?: () => number } = {},
): Promise<EnergyCloud> => {
  const settings = cloudConfig.parse(config);
  const log = createLogger(`energy-cloud-${settings.utilityId}`, { level: settings.logLevel });
  const store = await openStore<CloudDb>({
    ...(settings.database.url === undefined ? {} : { databaseUrl: settings.database.url }),
    stateDir: settings.database.stateDir,
    database: settings.database.name,
    schema: 'energy_cloud',
    migrations: [sqlMigration('seen', ...seenIdTable), ...cloudMigrations],
  });
  const { db } = store;
  let origin = '';
  const trusted = createTrust(settings.utilityId, settings.trusted, () => [origin], createReplayTable(db));
  const turns = new InTurn();
  const pools = new Map(settings.pools.map((pool) => [pool.poolId, pool]));
  const sitesOf = new Map<string, readonly PoolSite[]>();
  for (const { poolId, sites } of settings.pools) sitesOf.set(poolId, await loadSites(db, poolId, sites));
  const service = createService({
    name: 'energy-cloud',
    version: '0.1.0',
    logger: log,
    problems: cloudProblems,
    trustedProxies: settings.trustedProxies,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    ready: async () => [await store.check()],
  });
  service.addRoutes([
    route({
      ...{ method: 'put', path: '/cloud/v1/pools/{poolId}/sites/{siteId}', auth: trusted('station') },
      summary: 'What a site wants and holds of a feed that is shared; answered with what it may take next',
      params: z.strictObject({ poolId: recordId, siteId: recordId }),
      body: poolReport,
      answers: { 200: poolLease },
      problems: ['POOL_UNKNOWN', 'REPORT_OLD'],
      handler: ({ params: { poolId, siteId }, body: report, principal }) =>
        turns.run(poolId, async () => {
          const pool = pools.get(poolId);
          const sites = sitesOf.get(poolId) ?? [];
          const before = sites.find((site) => site.siteId === siteId);
          if (pool === undefined || before === undefined || principal.iss !== siteId)
            throw new ServiceError('POOL_UNKNOWN', `${principal.iss} is not ${siteId} of a pool ${poolId}`);
          // The site goes by the answer to its last report alone: what it was answered before cannot arrive any more.
          const heard = { ...before, report, held: report.held, answered: undefined };
          const others = sites.filter((site) => site !== before);
          const answered = answerOf(pool, [...others, heard], siteId, nowMs());
          if (!(await keepAnswer(db, poolId, siteId, report, answered)))
            throw new ServiceError('REPORT_OLD', `${report.sentAtMs} is not after the last report`);
          sitesOf.set(poolId, [...others, { ...heard, answered }]);
          return reply(200, { ...answered });
        }),
    }),
    route({
      ...{ method: 'get', path: '/operator/v1/pools', auth: trusted('operator') },
      summary: 'The feeds that are shared, and what each site may be taking',
      answers: { 200: poolList },
      handler: () => {
        const now = nowMs();
        const listed = settings.pools.map((pool) => {
          const sites = sitesOf.get(pool.poolId) ?? [];
          return {
            ...{ poolId: pool.poolId, limitW: pool.limitW, countedW: countedOf(pool, sites, now) },
            sites: pool.sites.map(({ siteId, staticW, weight }) => {
              const site = sites.find((one) => one.siteId === siteId);
              const report = site?.report;
              return {
                ...{ siteId, staticW, weight: BigInt(weight) },
                ...{ wantedW: report?.wantedW ?? 0n, measuredW: report?.measuredW ?? 0n },
                countedW: site === undefined ? staticW : mostAtW(site, now, pool),
                ...(report?.held !== undefined && { held: report.held }),
                ...(report !== undefined && { reportedAtMs: report.sentAtMs }),
              };
            }),
          };
        });
        return Promise.resolve(reply(200, { pools: listed }));
      },
    }),
  ]);
  const url = await service.listen(settings.listen);
  origin = settings.publicUrl === undefined ? url : new URL(settings.publicUrl).origin;
  return {
    url: origin,
    async close() {
      await service.close();
      await turns.idle();
      await store.close();
    },
  };
};
