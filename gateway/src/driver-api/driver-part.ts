import type { ReplayGuard, Route } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import type { GatewaySettings } from '../config.ts';
import { machineSigner } from '../machine-signer.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { contestRoutes } from './contest-routes.ts';
import { driverAuth } from './driver-auth.ts';
import { exchangeRoute } from './exchange-route.ts';
import { driverRoutes } from './routes.ts';

interface DriverParts {
  readonly own: () => string;
  readonly replay: ReplayGuard;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
}

/** The driver API needs the utility's OpenID provider and its AAA node. */
export const driverPart = (
  config: GatewaySettings,
  { own, replay, db, registry }: DriverParts,
): readonly Route[] => {
  const { driverTokens, aaaUrl, utilityId } = config;
  const sign = machineSigner(config);
  if (driverTokens === undefined || aaaUrl === undefined || utilityId === undefined || sign === undefined)
    return [];
  const auth = driverAuth({
    replay,
    issuer: driverTokens.issuer,
    jwksUri: driverTokens.jwksUri ?? `${driverTokens.issuer.replace(/\/$/, '')}/jwks`,
    audiences: () => [driverTokens.audience ?? own()],
    origin: own,
  });
  return [
    ...driverRoutes({ db, aaaUrl, sign, auth }),
    ...contestRoutes({ db, aaaUrl, sign, auth }),
    exchangeRoute({ registry, utilityId, channel: config.ledger.channel, aaaUrl, sign }),
  ];
};
