import {
  createLogger,
  createReplayTable,
  createService,
  openStore,
  seenIdTable,
  sqlMigration,
} from '@roamgrid/service-kit';
import { createTrust, startRounds } from '@roamgrid/service-kit/runtime';
import { controllerConfig, type ControllerConfig } from './config.ts';
import { openGatewayDoor } from './gateway/gateway-door.ts';
import { siteRoutes } from './edge/site-routes.ts';
import { siteMetrics } from './edge/metrics.ts';
import { openPanel } from './panel/open.ts';
import { phoneRoutes } from './panel/routes.ts';
import { controllerError, controllerProblems } from './problems.ts';
import type { Home } from './hems/home.ts';
import { homeRoutes } from './hems/home-routes.ts';
import { makeLoad, makeSource } from './site/adapter-kinds.ts';
import { Site } from './site/site.ts';
import { SignalBook } from './signals/signal-book.ts';
import { signalRoutes } from './signals/signal-routes.ts';
import { HighsSolver } from './solver/highs-solver.ts';
import { pruneStore } from './store/prune.ts';
import { derOf } from './surfaces/der.ts';
import { startSepServer } from './surfaces/sep/server.ts';
import { startSurfaces } from './surfaces/surfaces.ts';
import { mountVtn } from './surfaces/openadr/vtn/vtn.ts';
import { controllerMigrations, type ControllerDb } from './store/tables.ts';

/** A running controller. */
export interface EnergyController {
  readonly url: string;
  readonly sites: ReadonlyMap<string, Site>;
  /** What each site was told. */
  readonly signals: ReadonlyMap<string, SignalBook>;
  close(): Promise<void>;
}

/** What a caller may put in the place of the surroundings. */
export interface ControllerOptions {
  readonly nowMs?: () => number;
  /** Ticks and guards run by themselves; without, whoever started it runs them. */
  readonly isSelfRunning?: boolean;
  /** How often what nobody will ask for again is deleted, ms. */
  readonly pruneEveryMs?: number;
}

const PRUNE_EVERY_MS = 600_000;

/**
 * Starts the energy controller of one utility's sites.
 * @throws ZodError when the configuration is wrong; Error when the database or a port cannot be had.
 */
export const startEnergyController = async (
  config: ControllerConfig,
  { nowMs = Date.now, isSelfRunning = true, pruneEveryMs = PRUNE_EVERY_MS }: ControllerOptions = {},
): Promise<EnergyController> => {
  const settings = controllerConfig.parse(config);
  const { utilityId } = settings;
  const log = createLogger(`energy-${utilityId}`, { level: settings.logLevel });
  const store = await openStore<ControllerDb>({
    ...(settings.database.url === undefined ? {} : { databaseUrl: settings.database.url }),
    stateDir: settings.database.stateDir,
    database: settings.database.name,
    schema: 'energy',
    migrations: [sqlMigration('seen', ...seenIdTable), ...controllerMigrations],
  });
  const { db } = store;
  let origin = '';
  const trusted = createTrust(utilityId, settings.trusted, () => [origin], createReplayTable(db));
  const solver = new HighsSolver();
  const door = settings.gateway && openGatewayDoor(settings.gateway, utilityId);
  const sites = new Map<string, Site>();
  const signals = new Map<string, SignalBook>();
  for (const one of settings.sites) {
    const loads = one.loads.map(({ loadId, nodeId, adapter }) =>
      makeLoad(loadId, adapter, { nodeId, nowMs, log }),
    );
    const panel = await openPanel(one, loads, db);
    const book = await SignalBook.open(db, one.siteId, nowMs);
    signals.set(one.siteId, book);
    const site = await Site.open({
      ...{ config: one, loads },
      ...(panel !== undefined && { panel }),
      sources: one.sources.map(({ sourceId, nodeId, staleAfterMs, adapter }) =>
        makeSource(sourceId, adapter, { nodeId, nowMs, staleAfterMs }),
      ),
      ...{ db, nowMs, log, solver: solver.solve, signals: book },
      ...(settings.key !== undefined && { key: settings.key }),
      ...(door !== undefined && { door }),
      utilityId,
    });
    sites.set(one.siteId, site);
  }
  const service = createService({
    name: 'energy-controller',
    version: '0.1.0',
    logger: log,
    problems: controllerProblems,
    trustedProxies: settings.trustedProxies,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    ready: async () => [await store.check()],
  });
  siteMetrics(service.registry, sites);
  service.addRoutes(siteRoutes(sites, trusted('operator')));
  const bookOf = (siteId: string): SignalBook => {
    const book = signals.get(siteId);
    if (book === undefined) throw controllerError('SITE_UNKNOWN', `no site is called ${siteId}`);
    return book;
  };
  const homeOf = (siteId: string): Home => {
    const home = sites.get(siteId)?.home;
    if (home === undefined)
      throw controllerError('SITE_UNKNOWN', `no site that plans as a home is called ${siteId}`);
    return home;
  };
  service.addRoutes(homeRoutes(homeOf, trusted('operator')));
  service.addRoutes(signalRoutes(bookOf, trusted('operator'), nowMs));
  service.addRoutes(phoneRoutes(sites, trusted('phone')));
  const vtn =
    settings.openadr && mountVtn(service, settings.openadr, { db, nowMs, log, origin: () => origin });
  const url = await service.listen(settings.listen);
  origin = settings.publicUrl === undefined ? url : new URL(settings.publicUrl).origin;
  if (isSelfRunning) for (const site of sites.values()) site.start();
  const sep =
    settings.ieee20305 &&
    (await startSepServer(settings.ieee20305, { bookOf: (siteId) => signals.get(siteId), nowMs, log }));
  const surfaces = await Promise.all(
    settings.sites.map(({ siteId, surfaces: asked = {} }) =>
      startSurfaces(isSelfRunning ? asked : {}, {
        ...{ book: bookOf(siteId), nowMs, log },
        takenMilliWh: async (fromMs, untilMs) => sites.get(siteId)?.store.takenMilliWh(fromMs, untilMs),
        der: () => derOf(sites.get(siteId)),
      }),
    ),
  );
  const prune = startRounds('prune', pruneEveryMs, () => pruneStore(db, nowMs()), log);
  return {
    url: origin,
    sites,
    signals,
    async close() {
      await prune.stop();
      await Promise.all(surfaces.map((each) => each.stop()));
      await service.close();
      await vtn?.close();
      await sep?.close();
      await Promise.all([...sites.values()].map((site) => site.stop()));
      await solver.close();
      await store.close();
    },
  };
};
