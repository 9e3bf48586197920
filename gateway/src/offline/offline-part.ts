import type { Auth, Logger, Route } from '@roamgrid/service-kit';
import { startRounds, type Rounds } from '@roamgrid/service-kit/runtime';
import type { AssertionClaims } from '@roamgrid/wire';
import type { GatewaySettings } from '../config.ts';
import type { StationContext } from '../station-api/context.ts';
import { stationAuth } from '../station-api/station-auth.ts';
import { bookRecords } from './book-records.ts';
import type { OfflineBookings } from './booking/offline-bookings.ts';
import { chargerKeys } from './charger-keys.ts';
import { chargerRoutes } from './charger-routes.ts';
import { createIssuerLists } from './members.ts';
import { FirmwareShelf } from './words/firmware.ts';
import { offlineQuoteRoutes } from './quote-routes.ts';

export interface OfflinePartContext {
  /** Chargers have what stations have: a router to ask by, and a key to sign quotes with. */
  readonly station: StationContext;
  readonly settings: GatewaySettings['offline'];
  readonly bookings: OfflineBookings;
  readonly logger: Logger;
  readonly audiences: () => readonly string[];
  readonly auth: { readonly aaa: Auth<AssertionClaims>; readonly operator: Auth<AssertionClaims> };
}

/** Anyone may ask from anywhere: an app's page is of its own utility's origin, whosever charger it met. */
export const OFFLINE_PATH = '/offline/v1';

const DAY_MS = 86_400_000;

/** What stands behind chargers that hear of nobody. */
export interface OfflinePart {
  readonly routes: readonly Route[];
  /** Books what phones brought; nothing where no charger is. */
  start(): Rounds | undefined;
}

export const offlinePart = async ({
  station,
  settings: { quoteValid, chargers },
  bookings,
  logger,
  audiences,
  auth,
}: OfflinePartContext): Promise<OfflinePart> => {
  const { utilityId, channel, db, registry, router, signer, nowMs } = station;
  const quotes = offlineQuoteRoutes({
    ...{ utilityId, channel, db, registry, router, signer, nowMs, auth },
    quoteValidMs: quoteValid,
  });
  if (chargers === undefined) return { routes: quotes, start: () => undefined };
  const keys = await chargerKeys(chargers, registry, utilityId);
  const issuers = createIssuerLists({ utilityId, registry, keys, nowMs });
  const routes = chargerRoutes({
    ...{ utilityId, channel, db, registry, keys, issuers, nowMs },
    firmware: new FirmwareShelf({ db, nowMs }),
    validMs: chargers.certificateDays * DAY_MS,
    auth: { operator: auth.operator, station: stationAuth(station, audiences) },
  });
  const { lookEvery } = chargers;
  const book = () => bookRecords({ db, bookings, againMs: lookEvery, nowMs });
  return {
    routes: [...quotes, ...routes],
    start: () => startRounds('records of chargers without network', lookEvery, book, logger),
  };
};
