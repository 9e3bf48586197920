import type { Auth, Logger, Route } from '@roamgrid/service-kit';
import { DoorClock, GatewayClient, StationClock, systemClock, type Clock } from '@roamgrid/station-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import type { RemoteStarts, StationCommander, StationDesk, StationReserver } from '../model/station-desk.ts';
import type { StationSetup } from '../model/station.ts';
import type { Db } from '../store/tables.ts';
import { AppStarts } from './app-starts.ts';
import { DEFAULT_TIMES, type DeskContext, type DeskTimes } from './context.ts';
import { DeskRounds } from './desk-rounds.ts';
import { EndDelivery } from './end-delivery.ts';
import { KeepBooked } from './keep-booked.ts';
import { sessionRoutes } from './routes.ts';
import { SessionDesk } from './session-desk.ts';
import { TokenVault } from './token-vault.ts';

const ROUND_MS = 1_000;

export interface DeskOptions {
  readonly db: Db;
  readonly stations: readonly StationSetup[];
  readonly gatewayUrl: string;
  /** 32 bytes by which tokens are hashed and encrypted in the database. */
  readonly tokenSecret: Uint8Array;
  readonly commander: StationCommander;
  readonly reserver: StationReserver;
  readonly logger: Logger;
  readonly times?: Partial<DeskTimes>;
  /** Time of sessions before the gateway has told its own; the wall's when absent. */
  readonly clock?: Clock;
  /** By which stations, people and networks are waited for. */
  readonly wallMs?: () => number;
  /** How often it is looked for what is to be done without a message, wall ms. */
  readonly roundMs?: number;
  /** The gateway's own address, where it is reached under another one. */
  readonly audience?: string;
}

export interface RunningDesk {
  readonly desk: StationDesk;
  readonly remoteStarts: RemoteStarts;
  /** For operators. */
  routes(auth: Auth<AssertionClaims>): readonly Route[];
  /** One round of what is done without a message, now. */
  round(): Promise<void>;
  close(): Promise<void>;
}

/** The door's desk, going on with what it left when it was last stopped. */
export const startDesk = async (options: DeskOptions): Promise<RunningDesk> => {
  const { db, gatewayUrl, tokenSecret, commander, reserver, logger, audience, wallMs = Date.now } = options;
  const clock = new StationClock(options.clock ?? systemClock);
  const stations = new Map(
    options.stations.map((setup) => {
      const gateway = new GatewayClient(gatewayUrl, setup.identity, {
        clock,
        ...(audience !== undefined && { audience }),
      });
      return [setup.identity.stationId, { setup, gateway }] as const;
    }),
  );
  const context: DeskContext = {
    ...{ db, stations, commander, logger },
    clock: new DoorClock(clock, wallMs),
    vault: new TokenVault(tokenSecret),
    times: { ...DEFAULT_TIMES, ...options.times },
  };
  const ends = new EndDelivery(context);
  const booked = new KeepBooked(context, reserver);
  const desk = new SessionDesk(context, ends, booked);
  const rounds = new DeskRounds(context, desk, ends);
  await rounds.start(options.roundMs ?? ROUND_MS);
  booked.start();
  const remoteStarts = new AppStarts(context, desk.swipes, booked);
  return {
    ...{ desk, remoteStarts },
    routes: (auth) => sessionRoutes(db, remoteStarts, auth),
    async round() {
      await rounds.round();
      await booked.round();
    },
    async close() {
      await booked.stop();
      await rounds.stop();
    },
  };
};
