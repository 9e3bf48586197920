import {
  createLogger,
  createReplayTable,
  createService,
  openStore,
  partnerCheck,
  seenIdTable,
  sqlMigration,
  type Auth,
  type Logger,
  type Route,
} from '@roamgrid/service-kit';
import type { Clock } from '@roamgrid/station-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import { createTrust, startRounds } from '@roamgrid/service-kit/runtime';
import { createCommander } from './commands/commander.ts';
import { createOnce } from './commands/once.ts';
import { createReserver } from './commands/reserver.ts';
import { commandRoutes } from './commands/routes.ts';
import { commandTables, type CommandDatabase } from './commands/tables.ts';
import { doorConfig, type DoorConfig, type DoorSettings } from './config.ts';
import { createEdge } from './edge/edge.ts';
import type { StationCommander, StationDesk, StationReserver } from './model/station-desk.ts';
import type { StationSetup } from './model/station.ts';
import { doorProblems } from './problems.ts';
import { outletViewRoute } from './session/outlet-view.ts';
import { startDesk as startSessionDesk } from './session/start-desk.ts';
import { stationSetups } from './station-setup.ts';
import { pruneStore } from './store/prune.ts';
import { doorMigrations, type Db, type DoorDb } from './store/tables.ts';

/** A running door. */
export interface OcppDoor {
  /** Origin of the operators’ interface. */
  readonly url: string;
  /** Where stations connect, without their id. */
  readonly stationsUrl: string;
  close(): Promise<void>;
}

/** What decides about sessions, told by the edge and commanding stations through it. */
export interface DoorDesk {
  readonly desk: StationDesk;
  /** For operators, where it has some. */
  routes?(auth: Auth<AssertionClaims>): readonly Route[];
  close(): Promise<void>;
}

export interface DoorParts {
  readonly settings: DoorSettings;
  readonly stations: readonly StationSetup[];
  readonly commander: StationCommander;
  readonly reserver: StationReserver;
  readonly db: Db;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly clock?: Clock;
}

/** What a caller may put in the place of the surroundings. */
export interface DoorOptions {
  /** The session path, in whose place tests put one that only listens. */
  readonly startDesk?: (parts: DoorParts) => Promise<DoorDesk>;
  readonly nowMs?: () => number;
  /** Time of sessions before the gateway has told its own; the wall's when absent. */
  readonly clock?: Clock;
  /** How often what nobody will ask for again is deleted, ms. */
  readonly pruneEveryMs?: number;
}

/** Transactions as sessions at the gateway. */
const sessions = ({ settings, commander, log, nowMs, ...parts }: DoorParts): Promise<DoorDesk> =>
  startSessionDesk({
    ...parts,
    gatewayUrl: settings.gatewayUrl,
    ...(settings.gatewayAudience !== undefined && { audience: settings.gatewayAudience }),
    tokenSecret: Buffer.from(settings.tokenSecret, 'hex'),
    commander,
    logger: log,
    wallMs: nowMs,
    times: { bookedMs: settings.bookedEvery },
  });

const PRUNE_EVERY_MS = 600_000;

/**
 * Starts one utility’s door for stations that speak OCPP.
 * @throws ZodError when the configuration is wrong; Error when the database or a port cannot be had.
 */
export const startOcppDoor = async (
  config: DoorConfig,
  { startDesk = sessions, nowMs = Date.now, clock, pruneEveryMs = PRUNE_EVERY_MS }: DoorOptions = {},
): Promise<OcppDoor> => {
  const settings = doorConfig.parse(config);
  const { utilityId, stations } = settings;
  const log = createLogger(`ocpp-${utilityId}`, { level: settings.logLevel });
  const store = await openStore<CommandDatabase & DoorDb>({
    ...(settings.database.url === undefined ? {} : { databaseUrl: settings.database.url }),
    stateDir: settings.database.stateDir,
    database: settings.database.name,
    schema: 'ocpp',
    migrations: [sqlMigration('commands', ...seenIdTable, ...commandTables), ...doorMigrations],
  });
  const { db } = store;
  let origin = '';
  const replay = createReplayTable(db);
  const trusted = createTrust(utilityId, settings.trusted, () => [origin], replay);
  const service = createService({
    name: 'ocpp',
    version: '0.1.0',
    logger: log,
    problems: doorProblems,
    trustedProxies: settings.trustedProxies,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    ready: () =>
      Promise.all([store.check(), partnerCheck('gateway', settings.gatewayUrl, { isAdvisory: true })()]),
  });
  const credentials = new Map(stations.map(({ stationId, credential }) => [stationId, credential]));
  const edge = createEdge({
    settings: settings.edge,
    credentialOf: (stationId) => credentials.get(stationId),
    registry: service.registry,
    log,
    nowMs,
  });
  const commander = createCommander(edge.live);
  const setups = stationSetups(settings);
  const running = await startDesk({
    ...{ settings, commander, reserver: createReserver(edge.live), db, log, nowMs },
    stations: setups,
    ...(clock !== undefined && { clock }),
  });
  const auth = trusted('operator');
  const outlets = outletViewRoute({
    ...{ db, auth, stations: setups },
    connectedSinceMs: (stationId) => edge.live.of(stationId)?.sinceMs,
  });
  service.addRoutes([
    outlets,
    ...commandRoutes({
      edge,
      once: createOnce(db, nowMs),
      stationIds: stations.map(({ stationId }) => stationId),
      auth,
    }),
    ...(running.routes?.(auth) ?? []),
  ]);
  const url = await service.listen(settings.listen);
  origin = settings.publicUrl === undefined ? url : new URL(settings.publicUrl).origin;
  const stationsUrl = await edge.listen(running.desk);
  const prune = startRounds(
    'prune',
    pruneEveryMs,
    () => pruneStore(db, nowMs(), { commandsKeptMs: settings.commandsKept }),
    log,
  );
  return {
    url: origin,
    stationsUrl,
    async close() {
      await prune.stop();
      await edge.close();
      await service.close();
      await running.close();
      await store.close();
    },
  };
};
