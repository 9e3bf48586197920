import type { Auth, Route } from '@roamgrid/service-kit';
import type { Driver } from '../driver/auth.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { OfflineSettings } from './config.ts';
import { createCreditDesk } from './credit-desk.ts';
import { creditRoutes } from './credit-routes.ts';
import { createTokenIssuer } from './own-key.ts';
import { createOfflineQuotes, type OfflineQuotesOptions } from './quotes.ts';
import { driverOfflineRoutes } from './routes.ts';
import { createOfflineTokens } from './tokens.ts';

interface OfflineDeskOptions extends Omit<OfflineQuotesOptions, 'settings' | 'gateway'> {
  readonly gateway: Pick<GatewayClient, 'standingQuote' | 'tellLeave'>;
  readonly auth: Auth<Driver>;
}

/** The desk at which customers' phones get tokens, put together. */
export const offlineDesk = (settings: OfflineSettings, options: OfflineDeskOptions): readonly Route[] => {
  const { db, registry, gateway, utilityId, channel, signer, auth, nowMs } = options;
  const issuer = createTokenIssuer(registry, utilityId, settings);
  return [
    ...driverOfflineRoutes({
      ...{ db, auth, nowMs, phones: settings.phones },
      quotes: createOfflineQuotes({ ...options, settings }),
      tokens: createOfflineTokens({ db, registry, gateway, issuer, channel, signer, settings, nowMs }),
    }),
    ...creditRoutes(createCreditDesk({ db, registry, issuer, utilityId, nowMs }), auth),
  ];
};
