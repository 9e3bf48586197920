import { setTimeout as sleep } from 'node:timers/promises';
import {
  assertionAuth,
  createLogger,
  createReplayTable,
  createService,
  openStore,
  partnerCheck,
  type Logger,
  type Route,
  type Service,
  allowOrigins,
  limitRate,
} from '@roamgrid/service-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import type { CheckpointSigner } from './auditor-api/bundle/checkpoint.ts';
import { authorityRoutes } from './authority-api/routes.ts';
import { bundleRoutes } from './auditor-api/bundle/routes.ts';
import { ledgerRoutes } from './auditor-api/ledger/routes.ts';
import { auditorRoutes } from './auditor-api/routes.ts';
import { Batcher } from './batcher/batcher.ts';
import type { TellStep } from './batcher/queue.ts';
import { bookingPart, type BookingPart } from './booking/booking-part.ts';
import { gatewayConfig, type GatewayConfig, type GatewaySettings } from './config.ts';
import { DEVICE_PATHS, quotingStationRoute } from './driver-api/device-routes.ts';
import { driverPart } from './driver-api/driver-part.ts';
import {
  CATCH_UP_WAIT_MS,
  catchUp,
  conflictCounter,
  ledgerMetrics,
  readyChecks,
  type AskedCheck,
  type StartState,
} from './health.ts';
import { Disputing } from './clearing/disputing.ts';
import { Invoicing } from './clearing/invoicing.ts';
import { headRoute } from './internal-api/head-route.ts';
import { internalRoutes } from './internal-api/routes.ts';
import { endorsementClockOf } from './ledger/endorsement-clock.ts';
import { NettingWork, touchesNettings } from './netting/netting-work.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { OfflineBookings } from './offline/booking/offline-bookings.ts';
import { offlineRecordRoutes } from './offline/booking/routes.ts';
import { OFFLINE_PATH, offlinePart } from './offline/offline-part.ts';
import { parkedRoutes } from './operator-api/parked-routes.ts';
import { operatorRoutes } from './operator-api/routes.ts';
import { problems, type GatewayCode } from './problems.ts';
import { BlockReader, type BlockStep } from './read-model/reader.ts';
import { Registry } from './registry/registry.ts';
import { ledgerGrid } from './station-api/grid-demand.ts';
import { stationRoutes } from './station-api/routes.ts';
import { datesAnswers } from './station-api/station-clocks.ts';
import { stationPart } from './station-api/station-part.ts';
import { migrations } from './store/migrations.ts';
import type { GatewayDb } from './store/schema.ts';

export interface GatewayOptions {
  /** Time of quotes and sessions; the wall clock unless a replay brings its own. */
  readonly nowMs?: () => number;
  /**
   * Time that commands are proposed at; the wall clock's where it gives none, and unless a simulation lives wholly in a
   * time of its own. It is no setting: a utility that runs for real has no way to say it, and its endorsers would not sign.
   */
  readonly proposalTimeMs?: () => number | undefined;
  readonly logger?: Logger;
  /** Called at the moments between which a crash must lose nothing; for tests. */
  readonly onStep?: (step: TellStep | BlockStep) => void;
}

export interface RunningGateway {
  /** Origin under which the gateway is asked. */
  readonly url: string;
  /** Number of the last block in the read model. */
  height(): number;
  /** Waits until the read model holds a block; false when it takes longer than the limit. */
  readUpTo(blockNumber: bigint, limitMs?: number): Promise<boolean>;
  /** Ends requests and workers in order; what was accepted and not yet recorded stays in the database. */
  close(): Promise<void>;
}

type Role = AssertionClaims['role'];

/** Who vouches for checkpoints: a utility, none at an auditor's own gateway. */
const signerOf = ({ utilityId, signingKey: key }: GatewaySettings): CheckpointSigner | undefined =>
  utilityId === undefined || key === undefined ? undefined : { utilityId, key };

/** Starts a utility's gateway: ledger connection, read model, batcher and HTTP API. */
export const startGateway = async (
  given: GatewayConfig,
  options: GatewayOptions = {},
): Promise<RunningGateway> => {
  const config = gatewayConfig.parse(given);
  const logger =
    options.logger ?? createLogger(`gateway ${config.utilityId ?? config.name}`, { level: config.logLevel });
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (thrown) {
        logger.warn({ err: thrown }, 'a part did not close in order');
      }
    }
  };
  try {
    return await assemble(config, options, logger, closers, closeAll);
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
};

const assemble = async (
  config: GatewaySettings,
  { nowMs = Date.now, proposalTimeMs, onStep }: GatewayOptions,
  logger: Logger,
  closers: (() => Promise<void> | void)[],
  closeAll: () => Promise<void>,
): Promise<RunningGateway> => {
  const { database } = config;
  const store = await openStore<GatewayDb>({
    ...(database.url === undefined ? {} : { databaseUrl: database.url }),
    stateDir: database.stateDir,
    database: database.name,
    schema: 'gateway',
    migrations,
    connections: 12,
  });
  closers.push(() => store.close());
  const { db } = store;
  const conflicts = conflictCounter();
  const ledger = openLedger(config.ledger, {
    ...(proposalTimeMs && { proposalTimeMs }),
    onConflict: (kind) => {
      conflicts.inc({ kind });
    },
  });
  closers.push(() => {
    ledger.close();
  });
  const state: StartState = { isCaughtUp: false, isClosed: false };
  const registry = new Registry(db);
  await registry.load();
  const reader = new BlockReader({
    ledger,
    db,
    logger,
    onBlock: (changes) => {
      registry.apply(changes);
      if (touchesNettings(changes.touched.map(({ key }) => key))) netting?.wake();
      booking?.onBlock(changes);
    },
    onCatchUp: () => registry.load(),
    ...(onStep === undefined ? {} : { onStep }),
  });

  const netting =
    config.utilityId === undefined
      ? undefined
      : new NettingWork({
          utilityId: config.utilityId,
          db,
          ledger,
          registry,
          logger,
          readUpTo: async (block) => {
            await reader.readUpTo(block);
          },
          ledgerNowMs: () => proposalTimeMs?.() ?? Date.now(),
          lookEveryMs: config.netting.lookEvery,
          helpAfterMs: config.netting.helpAfter,
        });
  let booking: BookingPart | undefined;
  const endorsementClock =
    config.utilityId === undefined ? undefined : endorsementClockOf(ledger, config.ledger.users);
  const asked = [() => store.check(), ...partnerChecks(config)];
  const service: Service = createService<GatewayCode>({
    name: 'roamgrid-gateway',
    version: '0.1.0',
    logger,
    problems,
    rateLimit: config.rateLimit,
    trustedProxies: config.trustedProxies,
    ...(config.tls === undefined ? {} : { tls: config.tls }),
    ready: () => readyChecks(reader, batcher, state, endorsementClock, asked),
  });
  const own = (): string => config.publicUrl ?? service.url ?? '';
  const audiences = (): string[] => [...new Set([own(), service.url ?? ''])].filter((url) => url !== '');
  // One cache for all: an assertion that served at one door cannot serve at another.
  const replay = createReplayTable(db);
  const auth = (...roles: Role[]) =>
    assertionAuth({
      audiences,
      roles,
      replay,
      resolveKey: ({ iss, role }, kid) =>
        config.trusted.find(
          (caller) =>
            caller.iss === iss && caller.role === role && (kid === undefined || caller.key.kid === kid),
        )?.key,
    });
  const readUpTo = async (block: bigint): Promise<void> => {
    await reader.readUpTo(block);
  };

  ledgerMetrics(service.registry, reader);
  service.registry.registerMetric(conflicts);
  const { channel, chaincode } = config.ledger;
  const auditors = auth('auditor', 'operator');
  const routes: Route[] = [
    ...auditorRoutes({ db, registry, auth: auditors }),
    ...bundleRoutes({ db, ledger, channel, chaincode, auth: auditors, signer: signerOf(config) }),
    ...(config.utilityId === undefined
      ? []
      : authorityRoutes({
          db,
          ledger,
          channel,
          chaincode,
          registry,
          utilityId: config.utilityId,
          auth: auth('authority'),
        })),
    ...ledgerRoutes({ db, ledger, auth: auditors }),
  ];
  const batcher =
    config.utilityId === undefined
      ? undefined
      : new Batcher({
          utilityId: config.utilityId,
          db,
          ledger,
          registry,
          logger,
          metrics: service.registry,
          readUpTo,
          ledgerNowMs: () => proposalTimeMs?.() ?? Date.now(),
          limits: {
            maxItems: config.batcher.maxItems,
            maxBytes: config.batcher.maxBytes,
            maxWaitMs: config.batcher.maxWait,
            openWaitMs: config.batcher.openWait,
            noteWaitMs: config.batcher.noteWait,
            attempts: config.batcher.attempts,
            claimAfterPpm: config.batcher.claimAfterPpm,
            recordBoundMs: config.batcher.recordBound,
            retryPauseMs: config.batcher.retryPause,
            retellAfterMs: config.batcher.retellAfter,
          },
          ...(onStep === undefined ? {} : { onStep }),
        });
  if (batcher !== undefined && config.utilityId !== undefined) {
    const common = { utilityId: config.utilityId, db, ledger, registry, readUpTo, nowMs };
    const station = await stationPart(config, config.utilityId, {
      own,
      db,
      registry,
      batcher,
      ledger,
      reader,
      state,
      logger,
      nowMs,
    });
    routes.push(
      ...operatorRoutes(common, auth('operator', 'grid-operator', 'registrar', 'aaa')),
      ...parkedRoutes(batcher, db, auth('operator')),
      ...internalRoutes({
        ...common,
        channel: config.ledger.channel,
        invoicing: new Invoicing(common),
        disputing: new Disputing({ ...common, gridOf: ledgerGrid(ledger) }),
        router: station?.context.router,
        auth: { machines: auth('router', 'aaa', 'gateway'), aaa: auth('aaa') },
      }),
      ...driverPart(config, { own, replay, db: store.db, registry }),
    );
    routes.push(quotingStationRoute(registry));
    routes.push(headRoute({ reader, isEnding: () => state.isClosed, auth: auth('aaa') }));
    booking = bookingPart({
      ...common,
      channel: config.ledger.channel,
      logger,
      ledgerNowMs: () => proposalTimeMs?.() ?? Date.now(),
      lookEveryMs: config.booking.lookEvery,
      gatherMs: config.booking.gather,
      router: station?.context.router,
      auth: { aaa: auth('aaa'), site: auth('operator', 'aaa') },
    });
    routes.push(...booking.routes);
    closers.push(() => booking?.stop());
    const offlineBookings = new OfflineBookings({
      ...common,
      batcher,
      channel: config.ledger.channel,
      gridOf: ledgerGrid(ledger),
      ledgerNowMs: () => proposalTimeMs?.() ?? Date.now(),
    });
    routes.push(...offlineRecordRoutes(offlineBookings, auth('aaa')));
    if (station !== undefined) {
      const offline = await offlinePart({
        station: station.context,
        settings: config.offline,
        bookings: offlineBookings,
        logger,
        audiences,
        auth: { aaa: auth('aaa'), operator: auth('operator') },
      });
      routes.push(...offline.routes);
      const records = offline.start();
      closers.push(() => records?.stop());
      routes.push(...stationRoutes(station.context, station.charges, audiences, service.registry));
      for (const rounds of [station.relayer, station.reaper]) {
        rounds.start();
        closers.push(() => rounds.stop());
      }
    }
    closers.push(() => batcher.stop());
  }
  service.app.use('/station/v1', datesAnswers(nowMs));
  service.app.use(
    [...DEVICE_PATHS, OFFLINE_PATH],
    allowOrigins('any', ['GET', 'POST']),
    limitRate(config.deviceRateLimit),
  );
  service.app.use('/driver/v1', allowOrigins(config.driverTokens?.appOrigins ?? [], ['GET', 'POST']));
  service.addRoutes(routes);

  await reader.start();
  closers.push(() => reader.stop());
  await batcher?.start();
  netting?.start();
  booking?.start();
  closers.push(() => netting?.stop());
  const catchingUp = catchUp(ledger, reader, state, logger);
  closers.push(() => {
    state.isClosed = true;
  });
  // A station that is answered from half a chain would be told that its tariff does not exist.
  await Promise.race([catchingUp, sleep(CATCH_UP_WAIT_MS, undefined, { ref: false })]);
  const url = await service.listen(config.listen);
  closers.push(() => service.close());
  closers.push(() => {
    state.isClosed = true;
    reader.endWaiting();
  });
  logger.info({ url, nextBlock: reader.state.nextBlock }, 'gateway listens');
  return {
    url: config.publicUrl ?? url,
    height: () => registry.asOfBlock,
    readUpTo: (block, limitMs) => reader.readUpTo(block, limitMs),
    close: closeAll,
  };
};

/** Without its router a gateway takes no swipe; without its AAA node, no driver signs in and no partner has a range. */
const partnerChecks = ({ routerUrl, aaaUrl }: GatewaySettings): AskedCheck[] => [
  ...(routerUrl === undefined ? [] : [partnerCheck('router', routerUrl)]),
  ...(aaaUrl === undefined ? [] : [partnerCheck('aaa', aaaUrl, { isAdvisory: true })]),
];
