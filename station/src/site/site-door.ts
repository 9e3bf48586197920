import {
  createLogger,
  createService,
  reply,
  route,
  ServiceError,
  sharedSecretAuth,
  withKitProblems,
  type Logger,
  type Route,
  type TlsOptions,
} from '@roamgrid/service-kit';
import type { Clock } from '@roamgrid/station-kit';
import { siteOutlet, siteOutletLimit, type SiteOutlet } from '@roamgrid/wire';
import type { Bay } from '../bay/bay.ts';
import type { OutletSupply } from './outlet-supply.ts';

export interface SiteDoorConfig {
  readonly supply: OutletSupply;
  readonly bay: Bay;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly evseId: string;
  /** Who shares the site's power knows one of these, of at least 32 characters; two while they are changed. */
  readonly secrets: readonly string[];
  /** 0 picks a free port. */
  readonly port: number;
  /** This machine alone when absent; beyond it `tls` is needed. */
  readonly host?: string;
  readonly tls?: TlsOptions;
  readonly logger?: Logger;
}

const HERE = '127.0.0.1';

const problems = {
  SESSION_OVER: {
    status: 409,
    title: 'Another car, or none, is charging',
    remedy: 'Read the outlet, and limit what charges there now.',
  },
} as const;

const viewOf = ({ supply, bay, clock, evseId }: SiteDoorConfig): SiteOutlet => {
  const atMs = clock.nowMs();
  const { flow, aloneW, maxPowerW } = supply;
  return {
    ...{ evseId, atMs, aloneW, maxPowerW, limitW: supply.limitW(atMs) },
    measuredW: supply.flowingW(atMs),
    isPlugged: bay.signals({ atMs, powerW: 0n }).isPlugged,
    ...(flow?.session !== undefined && {
      session: { ...flow.session, neededWh: flow.session.neededWh(), socPpm: flow.battery.socPpm },
    }),
  };
};

const siteRoutes = (config: SiteDoorConfig): readonly Route[] => {
  const auth = sharedSecretAuth(config.secrets, 'site');
  return [
    route({
      method: 'get',
      path: '/site/v1/outlet',
      summary: 'What flows at the outlet, what may, and for whom',
      auth,
      answers: { 200: siteOutlet },
      handler: () => Promise.resolve(reply(200, viewOf(config))),
    }),
    route({
      method: 'put',
      path: '/site/v1/limit',
      summary:
        'Most that may flow, until told anew or lapsed; the session goes on, and is billed as it is measured',
      auth,
      body: siteOutletLimit,
      answers: { 200: siteOutlet },
      problems: Object.keys(problems),
      handler: ({ body: { sessionId, watts, lapsesAtMs } }) => {
        const { supply } = config;
        if (sessionId !== undefined && sessionId !== supply.flow?.session?.sessionId)
          throw new ServiceError<keyof typeof problems>('SESSION_OVER', `${sessionId} is not charging here`);
        supply.limit(watts, lapsesAtMs);
        return Promise.resolve(reply(200, viewOf(config)));
      },
    }),
  ];
};

/** Serves one outlet to whoever shares the power of its site. */
export async function startSiteDoor(
  config: SiteDoorConfig,
): Promise<{ url: string; close(): Promise<void> }> {
  const { host = HERE, port, tls, logger = createLogger('site-door', { level: 'error' }) } = config;
  const service = createService({
    ...{ name: 'site-door', version: '0.1.0', logger },
    problems: withKitProblems(problems),
    // One controller asks, once a tick.
    rateLimit: 'off',
    ...(tls === undefined ? {} : { tls }),
  });
  service.addRoutes(siteRoutes(config));
  const url = await service.listen({ port, host, publicHost: host });
  return { url, close: () => service.close(0) };
}
