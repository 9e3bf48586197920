import type { Auth, Route } from '@roamgrid/service-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import type { StationContext } from '../station-api/context.ts';
import { offlineQuoteRoutes } from './quote-routes.ts';

export interface OfflinePartContext {
  /** Chargers have what stations have: a router to ask by, and a key to sign quotes with. */
  readonly station: Pick<
    StationContext,
    'utilityId' | 'channel' | 'registry' | 'router' | 'signer' | 'nowMs'
  >;
  readonly quoteValidMs: number;
  readonly auth: { readonly aaa: Auth<AssertionClaims> };
}

/** What stands behind chargers that hear of nobody, put together. */
export const offlinePart = ({ station, quoteValidMs, auth }: OfflinePartContext): readonly Route[] =>
  offlineQuoteRoutes({
    utilityId: station.utilityId,
    channel: station.channel,
    registry: station.registry,
    router: station.router,
    signer: station.signer,
    nowMs: station.nowMs,
    quoteValidMs,
    auth,
  });
