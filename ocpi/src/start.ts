import { createLogger, createReplayTable, createService, openStore } from '@roamgrid/service-kit';
import { createOutside } from '@roamgrid/service-kit/outside';
import { createTrust, startRounds } from '@roamgrid/service-kit/runtime';
import { ocpiConfig, type OcpiConfig } from './config.ts';
import type { Door } from './door.ts';
import { createEdge } from './edge/edge.ts';
import { allRoutes } from './modules/index.ts';
import { objectRoutes } from './modules/operator-routes.ts';
import { createSender } from './outbox/send.ts';
import { createAsker } from './partners/ask.ts';
import { partnerRoutes } from './partners/operator-routes.ts';
import { createPartnerRate } from './partners/rate.ts';
import { rotateDue } from './partners/rotate-due.ts';
import { createSeal } from './partners/seal.ts';
import { ocpiProblems } from './problems.ts';
import { takeDue } from './roaming/inbox.ts';
import { verdictRoutes } from './roaming/operator-routes.ts';
import { confirmRoute } from './roaming/stand-in/confirm.ts';
import { readLedger, tellLedger } from './roaming/stand-in/corrections.ts';
import { createRunningTeller } from './roaming/stand-in/running.ts';
import { createMachines } from './roaming/stand-in/machines.ts';
import { standInRoutes } from './roaming/stand-in/routes.ts';
import { partnerStationRoutes } from './roaming/partner-stations/routes.ts';
import { createPartnerStations } from './roaming/partner-stations/stations.ts';
import { takersOf } from './roaming/takers.ts';
import { asPublished, noCommands } from './roaming/alone.ts';
import type { CustomerSide, StationSide } from './roaming/ports.ts';
import { ocpiMigrations } from './store/migrations.ts';
import { pruneStore } from './store/prune.ts';
import type { OcpiDatabase } from './store/schema.ts';

/** A running door. */
export interface OcpiDoor {
  readonly url: string;
  /** Where partners begin. */
  readonly versionsUrl: string;
  close(): Promise<void>;
}

/** What a caller may put in the place of the surroundings. */
export interface OcpiOptions {
  readonly nowMs?: () => number;
  /** Who speaks for the utility's stations … */
  readonly stations?: StationSide;
  /** … and for its customers. */
  readonly customers?: CustomerSide;
}

const ROTATE_EVERY_MS = 60_000;

/**
 * Starts a utility's door for partners outside the consortium.
 * @throws ZodError when the configuration is wrong; Error when the database or the port cannot be had.
 */
export const startOcpiDoor = async (
  config: OcpiConfig,
  { nowMs = Date.now, stations = noCommands, customers }: OcpiOptions = {},
): Promise<OcpiDoor> => {
  const settings = ocpiConfig.parse(config);
  const { utilityId } = settings;
  const log = createLogger(`ocpi-${utilityId}`, { level: settings.logLevel });
  const store = await openStore<OcpiDatabase>({
    ...(settings.database.url === undefined ? {} : { databaseUrl: settings.database.url }),
    stateDir: settings.database.stateDir,
    database: settings.database.name,
    schema: 'ocpi',
    migrations: ocpiMigrations,
  });
  const outside = createOutside({ allowedNetworks: settings.allowedNetworks });
  let origin = '';
  const door: Door = {
    db: store.db,
    asker: createAsker(outside, settings.plainTransport),
    seal: createSeal(settings.sealKey),
    settings,
    self: { country: utilityId.slice(0, 2), party: utilityId.slice(2) },
    origin: () => origin,
    nowMs,
    log,
  };
  const machines = settings.standIn && createMachines(settings.standIn, utilityId);
  const tellRunning = machines && createRunningTeller(door, machines);
  const partnerStations =
    settings.partnerStations && createPartnerStations(door, settings.partnerStations, machines);
  const plain = takersOf(door, machines);
  const takers = partnerStations?.taking(plain) ?? plain;
  const replay = createReplayTable(store.db);
  const trusted = createTrust(utilityId, settings.trusted, () => [origin], replay);
  const operator = trusted('operator');
  const service = createService({
    name: 'ocpi',
    version: '0.1.0',
    logger: log,
    problems: ocpiProblems,
    rateLimit: { windowMs: 60_000, requests: 60_000 },
    trustedProxies: settings.trustedProxies,
    ...(settings.tls === undefined ? {} : { tls: { ...settings.tls, asksForCertificate: true as const } }),
    ready: async () => [await store.check()],
    routes: [
      ...partnerRoutes(door, operator),
      ...objectRoutes(door, operator),
      ...verdictRoutes(door, operator),
      ...standInRoutes(door, operator),
      confirmRoute(door, trusted('aaa', 'operator')),
      ...partnerStationRoutes(door, operator),
    ],
  });
  const edge = createEdge({
    db: store.db,
    routes: allRoutes(door, stations, customers ?? partnerStations?.customers ?? asPublished),
    rate: createPartnerRate(settings.rate),
    self: door.self,
    origin: () => origin,
    nowMs,
    log,
  });
  service.app.use((request, response, next) => {
    if (request.path.startsWith('/ocpi/')) edge(request, response).catch(next);
    else next();
  });
  const url = await service.listen(settings.listen);
  origin = settings.publicUrl === undefined ? url : new URL(settings.publicUrl).origin;
  const sender = createSender(door);
  const rounds = [
    startRounds('rotation of tokens', ROTATE_EVERY_MS, () => rotateDue(door), log),
    startRounds('prune', settings.times.prune, () => pruneStore(store.db, nowMs()), log),
    startRounds('inbox', settings.times.outbox, () => takeDue(door, takers), log),
    startRounds('outbox', settings.times.outbox, () => sender.round(), log),
    ...(machines
      ? [
          startRounds('records', settings.times.feed, () => readLedger(door, machines), log),
          // One after the other: nothing is told of a session as running once it was told as over.
          startRounds(
            'sessions and records told',
            settings.times.feed,
            async () => {
              await tellRunning?.().catch((thrown: unknown) => {
                log.warn({ err: thrown }, 'what runs is told later');
              });
              await tellLedger(door, machines);
            },
            log,
          ),
        ]
      : []),
    ...(partnerStations
      ? [startRounds('partner stations', settings.times.outbox, () => partnerStations.round(), log)]
      : []),
  ];
  return {
    url,
    versionsUrl: `${origin}/ocpi/versions`,
    async close() {
      await Promise.all(rounds.map((round) => round.stop()));
      await sender.stop();
      await service.close();
      await outside.close();
      await store.close();
    },
  };
};
