import { createHash, createPrivateKey, type JsonWebKey } from 'node:crypto';
import type { Logger } from '@roamgrid/service-kit';
import type { Batcher } from '../batcher/batcher.ts';
import type { GatewaySettings } from '../config.ts';
import type { StartState } from '../health.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { machineSigner } from '../machine-signer.ts';
import type { BlockReader } from '../read-model/reader.ts';
import type { Registry } from '../registry/registry.ts';
import { Charges } from './charges.ts';
import type { StationContext } from './context.ts';
import { ledgerGrid } from './grid-demand.ts';
import { Outlets } from './outlets.ts';
import { Reaper } from './reaper.ts';
import { Relayer } from './relayer.ts';
import { createRouterClient } from './router-client.ts';

interface StationParts {
  readonly own: () => string;
  readonly db: StationContext['db'];
  readonly registry: Registry;
  readonly batcher: Batcher;
  readonly ledger: Ledger;
  readonly reader: BlockReader;
  readonly state: StartState;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** The station API needs a router to ask and a key to sign quotes with. */
export const stationPart = async (config: GatewaySettings, utilityId: string, parts: StationParts) => {
  const { routerUrl, signingKey } = config;
  const sign = machineSigner(config);
  if (routerUrl === undefined || signingKey === undefined || sign === undefined) return undefined;
  const { kid, ...jwk } = signingKey;
  const outlets = new Outlets();
  await outlets.load(parts.db);
  const charges = new Charges(parts.db);
  const context: StationContext = {
    utilityId,
    channel: config.ledger.channel,
    publicUrl: parts.own,
    db: parts.db,
    registry: parts.registry,
    batcher: parts.batcher,
    outlets,
    logger: parts.logger,
    router: createRouterClient({
      routerUrl,
      aaaUrl: config.aaaUrl,
      sign,
      routerTimeoutMs: config.station.routerTimeout,
      relayTimeoutMs: config.station.relayTimeout,
      openingTimeoutMs: config.station.openingTimeout,
    }),
    signer: { kid, key: createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }) },
    requestHashKey: createHash('sha256').update(`swipe ${signingKey.d}`).digest(),
    ledgerUsable: () => parts.state.isCaughtUp && parts.reader.state.fault === undefined,
    onRevoked: (sessionId) => {
      charges.revoke(sessionId);
    },
    nowMs: parts.nowMs,
    gridOf: ledgerGrid(parts.ledger),
    settings: {
      quoteValidMs: config.station.quoteValid,
      reportEveryMs: config.station.reportEvery,
      silentAfterMs: config.station.silentAfter,
      reapEveryMs: config.station.reapEvery,
      headroomPpm: BigInt(config.station.headroomPpm),
    },
  };
  return { context, charges, relayer: new Relayer(context), reaper: new Reaper(context, charges) };
};
