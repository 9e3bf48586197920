import type { Route } from '../../http/route.ts';
import { creditRoute } from './credit-route.ts';
import { disputeRoutes } from './dispute-routes.ts';
import { groundRoutes } from './ground-routes.ts';
import { invoiceRoutes } from './invoice-routes.ts';
import { missingRoutes } from './missing-routes.ts';
import { takeBackRoute } from './take-back-route.ts';
import type { ClearingPart } from './world.ts';

/** The part of a gateway's clearing that its node asks, for `startRegistryServer`. */
export const clearingRoutes = (part: ClearingPart): readonly Route[] => [
  ...invoiceRoutes(part),
  ...disputeRoutes(part),
  creditRoute(part),
  ...missingRoutes(part),
  ...groundRoutes(part),
  takeBackRoute(part),
];
