import { GatewayLedger, type LedgerConfig } from './gateway-ledger.ts';
import type { Ledger } from './ledger.ts';
import { DEFAULT_RETRY } from './retry.ts';

/** The connection that the configuration asks for. */
export const openLedger = (config: LedgerConfig, proposalTimeMs?: () => number): Ledger => {
  switch (config.kind) {
    case 'gateway':
      return new GatewayLedger(config, DEFAULT_RETRY, proposalTimeMs);
    case 'legacy':
      throw new Error('peers older than 2.4 are not supported yet: set ledger.kind to "gateway"');
  }
};
