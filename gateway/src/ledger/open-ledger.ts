import { GatewayLedger, type LedgerConfig } from './gateway-ledger.ts';
import { LegacyLedger } from './legacy/legacy-ledger.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { DEFAULT_RETRY } from './retry.ts';

/** The connection that the configuration asks for. */
export const openLedger = (config: LedgerConfig, options: LedgerOptions = {}): Ledger => {
  switch (config.kind) {
    case 'gateway':
      return new GatewayLedger(config, DEFAULT_RETRY, options);
    case 'legacy':
      if (options.proposalTimeMs !== undefined)
        throw new Error(
          'fabric-network proposes at the time of the clock: a simulated one needs ledger.kind "gateway"',
        );
      return new LegacyLedger(config, DEFAULT_RETRY, options);
  }
};
